internal import WireText

/// Why a text is no script of a mock, as one sentence.
public struct MockScriptError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence, without its full stop.
  public let description: String
}

extension MockScript {
  /// Reads a script from JSON:
  ///
  /// ```
  /// { "scenes": [
  ///   { "containing": "review",
  ///     "replies": [
  ///       { "tool": "read", "arguments": { "path": "a.txt" } },
  ///       { "status": 429, "type": "rate_limit_error", "retry_after": 0.5 },
  ///       { "text": "It is fine.", "delay": 0.1, "input": 1000, "output": 20 } ] } ] }
  /// ```
  /// A scene answers conversations whose first question holds `containing`, each with its replies one after the other, and then with
  /// the last again. A reply has a `text`, a `tool` with `arguments`, `steps` of these (also `thinking`, `pause` in seconds, `error`, `cut`),
  /// or the `status` of a failure; `delay` is in seconds, `input` and `output` are its tokens.
  public init(json bytes: [UInt8]) throws(MockScriptError) {
    let value: JSONValue
    do throws(JSONError) { value = try JSONReader.read(bytes) } catch {
      throw MockScriptError(description: "it is no JSON: \(error)")
    }
    guard let scenes = value["scenes"]?.array else { throw MockScriptError(description: "it has no list \"scenes\"") }
    var read: [Scene] = []
    for (place, scene) in scenes.enumerated() {
      guard let replies = scene["replies"]?.array, !replies.isEmpty else {
        throw MockScriptError(description: "scene \(place + 1) has no list \"replies\"")
      }
      var made: [MockReply] = []
      for (number, reply) in replies.enumerated() {
        made.append(try MockScript.reply(reply, "reply \(number + 1) of scene \(place + 1)"))
      }
      read.append(Scene(containing: scene["containing"]?.string ?? "", replies: made, isPerConversation: true))
    }
    self.init(read)
  }

  private static func reply(_ value: JSONValue, _ subject: String) throws(MockScriptError) -> MockReply {
    if let status = value["status"]?.integer {
      let failure = MockReply.Failure(
        status: Int(clamping: status), type: value["type"]?.string ?? "api_error",
        message: value["message"]?.string ?? "", retryAfter: value["retry_after"]?.double.map { .seconds($0) })
      return .failure(failure)
    }
    var steps: [MockReply.Step] = []
    if let delay = value["delay"]?.double { steps.append(.pause(.seconds(delay))) }
    for step in value["steps"]?.array ?? [value] {
      guard let made = MockScript.step(step) else {
        throw MockScriptError(
          description: "\(subject) has a step that is none: a text, thinking, tool, pause, error or cut is wanted")
      }
      steps.append(made)
    }
    let usage = TokenUsage(
      input: value["input"]?.integer.map { Int(clamping: $0) } ?? 10,
      output: value["output"]?.integer.map { Int(clamping: $0) } ?? 10)
    return MockReply(steps, usage: usage)
  }

  private static func step(_ value: JSONValue) -> MockReply.Step? {
    if let text = value["text"]?.string { return .text(text) }
    if let text = value["thinking"]?.string { return .thinking(text) }
    if let name = value["tool"]?.string {
      return .toolCall(name: name, arguments: value["arguments"]?.object ?? JSONObject())
    }
    if let seconds = value["pause"]?.double { return .pause(.seconds(seconds)) }
    if let type = value["error"]?.string { return .error(type: type, message: value["message"]?.string ?? "") }
    return value["cut"]?.bool == true ? .cut : nil
  }
}
