/// Which answer the `mock` provider gives to which request: a pure state machine, the same every time.
public struct MockScript: Sendable {
  /// Answers for conversations whose first words hold a text, one for each turn of theirs.
  public struct Scene: Sendable {
    /// What the first message of the user has to hold; empty for any.
    public var containing: String
    /// The answers; the last one again where there are more requests than answers.
    public var replies: [MockReply]
    /// Whether each conversation begins with the first reply, however many there are and have been: the reply is chosen by the
    /// answers in the conversation, and by the failures that its question has met.
    public var isPerConversation: Bool

    /// A scene.
    public init(containing: String = "", replies: [MockReply], isPerConversation: Bool = false) {
      self.containing = containing
      self.replies = replies
      self.isPerConversation = isPerConversation
    }
  }

  private let scenes: [Scene]
  private var given: [Int]
  private var failures: [String: Int] = [:]
  private var answers = 0

  /// Scenes in order: the first that fits answers. Where none does, the answer repeats what was asked.
  public init(_ scenes: [Scene] = []) {
    self.scenes = scenes
    given = scenes.map { _ in 0 }
  }

  /// The next answer to a request. Which turn it is counts the answers of its scene, failures too.
  public mutating func answer(_ request: ModelRequest, format: WireFormat) -> MockAnswer {
    answers += 1
    return MockAnswer(reply(to: request), to: request, format: format, number: answers)
  }

  private mutating func reply(to request: ModelRequest) -> MockReply {
    let question = MockScript.question(request)
    for (place, scene) in scenes.enumerated() where !scene.replies.isEmpty {
      guard scene.containing.isEmpty || question.contains(scene.containing) else { continue }
      if scene.isPerConversation {
        let answers = request.messages.count { $0.role == .assistant } + failures[question, default: 0]
        let reply = scene.replies[min(answers, scene.replies.count - 1)]
        if reply.failure != nil { failures[question, default: 0] += 1 }
        return reply
      }
      let turn = min(given[place], scene.replies.count - 1)
      given[place] += 1
      return scene.replies[turn]
    }
    return .text("(mock answer to: \(question.prefix(200)))")
  }

  private static func question(_ request: ModelRequest) -> String {
    for message in request.messages where message.role == .user {
      for part in message.parts { if case .text(let text) = part { return text } }
    }
    return ""
  }
}
