import Models

/// The messages between an agent and its model.
///
/// - The first message is the prompt. It is never shortened, and what is kept of turns that were taken out follows in it.
/// - Roles alternate: words of one who has just spoken join the message before.
/// - Behind a message with calls stands a message that begins with one result for each of them, in their order; nothing takes
///   one away without the other. No two calls have one id.
struct Conversation: Sendable {
  private(set) var messages: [ModelMessage]
  /// Bytes of each message, about as many as a request has of it.
  private var sizes: [Int]
  /// Their sum.
  private(set) var bytes: Int
  private var ids: Set<String> = []
  /// The prompt, without what was added to it.
  private let opening: ModelMessage
  /// Words that joined the first message, or that belonged to turns that were taken out.
  private var kept: [String] = []
  private(set) var turnsRemoved = 0

  init(prompt: String, images: [ModelImage] = []) {
    opening = ModelMessage(role: .user, parts: images.map { .image($0) } + [.text(prompt)])
    messages = [opening]
    sizes = [Conversation.size(opening)]
    bytes = sizes[0]
  }

  // MARK: Growing

  mutating func append(user text: String) {
    guard messages.count > 1 else {
      kept.append(text)
      return writeOpening()
    }
    if messages[messages.count - 1].role == .user {
      var parts = messages[messages.count - 1].parts
      if case .text(let words)? = parts.last {
        parts[parts.count - 1] = .text(words + "\n\n" + text)
      } else {
        parts.append(.text(text))
      }
      replace(messages.count - 1, with: parts)
    } else {
      push(.user(text))
    }
  }

  /// Takes the model's words in, and gives back its calls with the ids that they have here.
  mutating func append(reply parts: [MessagePart]) -> [ToolCall] {
    var calls: [ToolCall] = []
    let parts = parts.map { part -> MessagePart in
      guard case .toolCall(var call) = part else { return part }
      call.id = unique(call.id)
      calls.append(call)
      return .toolCall(call)
    }
    if messages[messages.count - 1].role == .assistant {
      replace(messages.count - 1, with: messages[messages.count - 1].parts + parts)
    } else {
      push(ModelMessage(role: .assistant, parts: parts))
    }
    return calls
  }

  mutating func append(results: [ToolResult]) { push(.results(results)) }

  private mutating func unique(_ id: String) -> String {
    var name = id
    var count = 1
    while !ids.insert(name).inserted {
      count += 1
      name = "\(id)_\(count)"
    }
    return name
  }

  private mutating func push(_ message: ModelMessage) {
    messages.append(message)
    sizes.append(Conversation.size(message))
    bytes += sizes[sizes.count - 1]
  }

  mutating func replace(_ place: Int, with parts: [MessagePart]) {
    messages[place].parts = parts
    let size = Conversation.size(messages[place])
    bytes += size - sizes[place]
    sizes[place] = size
  }

  // MARK: Taking out

  /// Takes out the oldest turn whole: the model's message and the answer to it. Short words of the user in it are kept.
  mutating func removeOldestTurn() {
    let answer = messages[2]
    for part in answer.parts {
      if case .text(let words) = part, words.utf8.count <= 2000 { kept.append(words) }
    }
    bytes -= sizes[1] + sizes[2]
    messages.removeSubrange(1...2)
    sizes.removeSubrange(1...2)
    turnsRemoved += 1
    if kept.count > 20 { kept.removeFirst(kept.count - 20) }
    writeOpening()
  }

  private mutating func writeOpening() {
    var text = ""
    if case .text(let words)? = opening.parts.last { text = words }
    if turnsRemoved > 0 {
      text +=
        "\n\n[\(turnsRemoved) earlier turn\(turnsRemoved == 1 ? " was" : "s were") left out to fit the model's window]"
    }
    for words in kept { text += "\n\n" + words }
    replace(0, with: opening.parts.dropLast() + [.text(text)])
  }

  // MARK: Size

  /// About the bytes that a message has in a request. A picture counts as what it costs, not as its bytes.
  static func size(_ message: ModelMessage) -> Int {
    message.parts.reduce(24) { sum, part in
      switch part {
      case .text(let text): sum + text.utf8.count + 28
      case .image: sum + imageSize
      case .thinking(let thought):
        sum + thought.text.utf8.count + (thought.signature?.utf8.count ?? 0) + (thought.sealed?.utf8.count ?? 0) + 48
      case .toolCall(let call): sum + call.arguments.utf8.count + call.name.utf8.count + call.id.utf8.count + 64
      case .toolResult(let result):
        sum + result.text.utf8.count + result.callID.utf8.count + 72 + result.images.count * imageSize
      }
    }
  }

  private static let imageSize = 4000
}
