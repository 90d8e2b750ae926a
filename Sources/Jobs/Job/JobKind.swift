/// What does a job's work. The raw values are the words that files and the command line show.
public enum JobKind: String, Codable, Sendable, CaseIterable, Hashable {
  /// A program in a session of its own.
  case command
  /// A Lua function of the script.
  case function
  /// A model that is called from this process.
  case model
  /// An external agent program.
  case worker
}
