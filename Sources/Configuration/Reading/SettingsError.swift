/// Why settings cannot be used: one sentence or several, without the last full stop.
///
/// It may repeat what a file says, so it is not fit for a terminal as it is.
public struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One thing that is wrong.
  public struct Problem: Hashable, Sendable, CustomStringConvertible {
    /// The file, the variable or the option.
    public var place: String
    /// What is wrong there.
    public var sentence: String

    /// `config.lua: router.strategi is not known; did you mean 'strategy'?`
    public var description: String { "\(place): \(sentence)" }
  }

  /// All that is wrong, in order; at least one.
  public let problems: [Problem]

  init(_ problems: [Problem]) { self.problems = problems }

  init(_ place: String, _ sentence: String) { problems = [Problem(place: place, sentence: sentence)] }

  /// The first problem, and how many more there are.
  public var description: String {
    let first = problems.first?.description ?? "nothing is wrong"
    return problems.count > 1 ? first + " (and \(problems.count - 1) more: agentscript config check)" : first
  }
}
