/// What has to pass before the work of an attempt counts as success.
struct Gate: Sendable, Hashable {
  enum Check: Sendable, Hashable {
    /// A command that has to exit with 0. It runs like the task's own, and reads what that said from standard input.
    case command(CommandOrder.Work)
    /// A function of the script, which the engine's `hooks` run.
    case function
  }

  /// How long a gate may take where neither it nor its task says so.
  static let usualTimeLimit = Duration.seconds(600)
  /// How much of the work's output its gate can read: the last part of a longer one.
  static let mostInput = 8 << 20

  var check: Check
  /// How long it may take.
  var timeLimit: Duration

  /// The command as people would write it; nil for a function.
  var shown: String? {
    switch check {
    case .command(.shell(let line)): line
    case .command(.arguments(let words)): words.joined(separator: " ")
    case .function: nil
    }
  }
}
