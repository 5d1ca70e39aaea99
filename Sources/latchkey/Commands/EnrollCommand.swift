import ArgumentParser

struct EnrollCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "enroll")
}
