/// How the prompt of a task becomes simpler from its second attempt on.
enum PromptSimplification: Sendable, Hashable {
  /// Every attempt but the first gets this.
  case text(String)
  /// A function of the script makes each from the one before.
  case function

  /// Where an attempt's prompt comes from.
  enum Source: Sendable, Hashable {
    case given(String)
    /// The script's function is asked, with this prompt, which failed.
    case function(previous: String)
  }

  /// Why the script's function gave no prompt: one sentence.
  struct Failure: Error, Sendable, Hashable {
    let sentence: String
  }

  /// The source of the prompt for an attempt, from 1. `previous` is what the attempt before got.
  static func source(
    of attempt: Int, original: String, previous: String?, _ simplification: PromptSimplification?
  ) -> Source {
    guard attempt > 1, let simplification else { return .given(original) }
    switch simplification {
    case .text(let text): return .given(text)
    case .function: return .function(previous: previous ?? original)
    }
  }
}
