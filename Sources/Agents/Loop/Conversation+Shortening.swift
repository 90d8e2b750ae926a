import Models
import WireText

extension Conversation {
  /// Shortens until at most so many bytes are left, as far as that goes: first old results of tools, oldest first, then old
  /// arguments, then old turns whole, and at last the results of the turn before. Returns how many pieces were cut.
  mutating func shorten(to target: Int) -> Int {
    var cuts = 0
    // The last turn's calls and results are what the model is at.
    let recent = max(1, messages.count - 2)
    for place in 1..<max(1, recent) where bytes > target { cuts += cutResults(at: place, to: Conversation.resultRest) }
    for place in 1..<max(1, recent) where bytes > target { cuts += cutArguments(at: place) }
    while bytes > target, messages.count > 4 { removeOldestTurn() }
    for place in messages.indices.dropFirst() where bytes > target {
      let results = messages[place].parts.filter { if case .toolResult = $0 { true } else { false } }
      guard !results.isEmpty else { continue }
      let room = (target - bytes + Conversation.size(ModelMessage(role: .user, parts: results))) / results.count
      cuts += cutResults(at: place, to: max(room - 300, Conversation.resultRest))
    }
    for place in messages.indices.dropFirst() where bytes > target { cuts += cutArguments(at: place) }
    return cuts
  }

  private static let resultRest = 750
  private static let argumentRest = 400

  private mutating func cutResults(at place: Int, to limit: Int) -> Int {
    var cuts = 0
    let parts = messages[place].parts.map { part -> MessagePart in
      guard case .toolResult(var result) = part else { return part }
      // What was cut before has head, tail and the line between them.
      guard result.text.utf8.count > limit + 300 || !result.images.isEmpty else { return part }
      result.text = BoundedText.cut(
        result.text, limit: limit, hint: "call \(name(of: result.callID, before: place)) again to see them")
      if !result.images.isEmpty {
        result.text += "\n[\(result.images.count) images are left out here]"
        result.images = []
      }
      cuts += 1
      return .toolResult(result)
    }
    if cuts > 0 { replace(place, with: parts) }
    return cuts
  }

  private func name(of callID: String, before place: Int) -> String {
    for case .toolCall(let call) in messages[place - 1].parts where call.id == callID { return call.name }
    return "the tool"
  }

  private mutating func cutArguments(at place: Int) -> Int {
    var cuts = 0
    let parts = messages[place].parts.map { part -> MessagePart in
      guard case .toolCall(var call) = part, call.arguments.utf8.count > Conversation.argumentRest * 2 else {
        return part
      }
      let shorter: JSONValue
      if let input = try? call.input() {
        shorter = .object(JSONObject(input.members.map { .init(key: $0.key, value: Conversation.cut($0.value)) }))
      } else {
        shorter = ["invalid_json": .string(BoundedText.cut(call.arguments, limit: Conversation.argumentRest))]
      }
      let text = shorter.description
      guard text.utf8.count < call.arguments.utf8.count else { return part }
      call.arguments = text
      cuts += 1
      return .toolCall(call)
    }
    if cuts > 0 { replace(place, with: parts) }
    return cuts
  }

  private static func cut(_ value: JSONValue) -> JSONValue {
    if let text = value.string { return .string(BoundedText.cut(text, limit: argumentRest)) }
    let text = value.description
    return text.utf8.count > argumentRest * 2 ? .string(BoundedText.cut(text, limit: argumentRest)) : value
  }
}
