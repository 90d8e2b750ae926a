/// Keeps thoughts with the model that had them: they are sealed by their provider, and another model's are an error there. Pure.
///
/// Before a session has changed its model nothing is filtered, so that a conversation may come from somewhere else.
struct ThoughtFilter: Hashable, Sendable {
  private var own: Set<String>?

  /// The model has changed: thoughts so far are another's.
  mutating func change() { own = [] }

  /// The model has answered.
  mutating func note(_ reply: ModelReply) {
    guard own != nil else { return }
    for part in reply.parts {
      if case .thinking(let thought) = part, let seal = ThoughtFilter.seal(thought) { own?.insert(seal) }
    }
  }

  private static func seal(_ thought: ModelThought) -> String? { thought.signature ?? thought.sealed }

  /// The request as the present model may be asked it. A turn whose thoughts had to go cannot be continued with thinking on.
  func filtered(_ request: ModelRequest) -> ModelRequest {
    guard let own else { return request }
    var request = request
    for place in request.messages.indices where request.messages[place].role == .assistant {
      request.messages[place].parts.removeAll { part in
        guard case .thinking(let thought) = part else { return false }
        return ThoughtFilter.seal(thought).map { !own.contains($0) } ?? true
      }
    }
    request.messages.removeAll { $0.role == .assistant && $0.parts.isEmpty }
    if let last = request.messages.last(where: { $0.role == .assistant }), request.messages.last?.role == .user {
      var thinks = false
      var calls = false
      for part in last.parts {
        if case .thinking = part { thinks = true }
        if case .toolCall = part { calls = true }
      }
      if calls, !thinks, case .budget = request.thinking { request.thinking = .off }
    }
    return request
  }
}
