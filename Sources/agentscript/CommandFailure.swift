import Jobs

/// Why a command did not do what it was asked: a sentence for standard error, and the exit code.
struct CommandFailure: Error, Hashable {
  let message: String
  let status: ExitStatus

  /// Something that was asked for is not there or did not work.
  static func failed(_ message: String) -> CommandFailure { CommandFailure(message: message, status: .failed) }

  /// The command line cannot be followed.
  static func usage(_ message: String) -> CommandFailure { CommandFailure(message: message, status: .usage) }

  /// A sentence from below, made safe to show.
  init(_ error: some CustomStringConvertible) {
    self.init(message: TerminalText.line(error.description), status: .failed)
  }

  init(message: String, status: ExitStatus) {
    self.message = message
    self.status = status
  }
}
