public import Jobs

/// Where a run puts its questions to whoever sits at the terminal. The closures are called on the Lua thread and return at
/// once.
public struct QuestionWindow: Sendable {
  /// Shows a question; `answer` takes what was typed, on any thread.
  public var open: @Sendable (DecisionRecord, _ answer: @escaping @Sendable (String) -> AnswerVerdict) -> Void
  /// A question was settled, here or elsewhere, or is not asked any more.
  public var close: @Sendable (DecisionRecord) -> Void

  /// A window.
  public init(
    open: @escaping @Sendable (DecisionRecord, @escaping @Sendable (String) -> AnswerVerdict) -> Void,
    close: @escaping @Sendable (DecisionRecord) -> Void
  ) {
    self.open = open
    self.close = close
  }
}

/// What became of an answer.
public enum AnswerVerdict: Sendable, Hashable {
  /// It counts.
  case taken(DecisionRecord)
  /// It is none; ask again. Why, in one sentence.
  case refused(String)
  /// The question had been settled before.
  case late(DecisionRecord)

  /// Takes an answer to a question, if it is one and the first.
  public static func of(
    _ text: String, to decision: DecisionRecord, in registry: Registry, by: String = "terminal"
  ) -> AnswerVerdict {
    do {
      let meaning = try decision.meaning(of: text)
      guard let settled = try registry.settle(decision.id, as: .answered, answer: meaning, by: by) else {
        return .refused("there is no decision \(decision.id) any more")
      }
      return settled.isFirst ? .taken(settled.record) : .late(settled.record)
    } catch {
      return .refused("\(error)")
    }
  }
}
