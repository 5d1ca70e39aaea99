import ArgumentParser
import LibCrypto
import OpenPGPCard

/// `latchkey card`
struct CardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "card",
    abstract: "Look at dongles, and change what is on them.",
    subcommands: [
      List.self, Show.self, CardReset.self, CardPIN.self, CardSignaturePIN.self, CardKDF.self,
      CardTouch.self, CardGenerate.self, CardAttributes.self, CardHolder.self,
      CardCertificate.self, CardPrivate.self, CardFingerprints.self, CardRandom.self,
      CardImport.self, CardExport.self, CardAuthenticate.self, CardSwap.self, CardAES.self,
      CardAttest.self,
    ])

  /// `latchkey card list`
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "All dongles, a line each.")

    @OptionGroup var options: GlobalOptions

    func run() throws {
      let dongles = try Dongles.look(options)
      if options.json {
        try Output.document(
          "card list", dongles.found.map(DongleReport.init),
          unreadable: dongles.others.map(UnreadableReader.init))
      } else {
        for dongle in dongles.found {
          Output.result("\(dongle.serial)  \(dongle.model)  in \(dongle.place.description)")
        }
      }
      if dongles.found.isEmpty { _ = try dongles.one("") }
      for other in dongles.others {
        Output.note("In \(other.place): \(other.why.what). \(other.why.next)")
      }
    }
  }

  /// `latchkey card show`
  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "What a dongle says of itself.")

    @OptionGroup var options: GlobalOptions

    func run() throws {
      let report = try CardReport(options)
      if options.json {
        try Output.document("card show", report)
      } else {
        report.lines.forEach(Output.result)
      }
    }
  }
}
