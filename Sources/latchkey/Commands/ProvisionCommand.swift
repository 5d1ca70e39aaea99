import ArgumentParser

struct ProvisionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "provision")
}
