internal import Synchronization
internal import WireText

extension MCPConnection {
  func take(_ line: MCPLines.Line) {
    switch line {
    case .whole(let bytes):
      guard let value = try? JSONReader.read(bytes, maxDepth: 128) else { return invalid(bytes) }
      // Servers of 2025-03-26 may put several messages into one line.
      if case .array(let values) = value, !values.isEmpty, values.count <= 1000 {
        for value in values { take(value, bytes) }
      } else {
        take(value, bytes)
      }
    case .tooLong(let head, let tail): tooLong(head, tail)
    }
  }

  private func take(_ value: JSONValue, _ line: [UInt8]) {
    guard let message = value.object, message["jsonrpc"]?.string == "2.0" else { return invalid(line) }
    if let method = message["method"]?.string {
      if let id = message["id"], !id.isNull { return asked(method, id) }
      return told(method, message["params"]?.object ?? [:])
    }
    guard message["result"] != nil || message["error"] != nil else { return invalid(line) }
    // An error without a number, or an answer that nobody waits for any more, concerns no call.
    guard case .integer(let id)? = message["id"] else { return }
    guard let call = state.withLock({ $0.pending.removeValue(forKey: id) }) else { return }
    call.promise.fulfil(answer(message))
  }

  private func answer(_ message: JSONObject) -> Result<JSONObject, MCPError> {
    if let error = message["error"] {
      let code = error["code"]?.integer.flatMap { Int(exactly: $0) } ?? 0
      let words = MCPText.bounded(error["message"]?.string ?? "an error without words", 2000)
      var sentence = "the MCP server '\(MCPText.line(name))' answered with an error: \(words) (\(code))"
      if let supported = error["data"]?["supported"]?.array { sentence += MCPHandshake.versions(supported) }
      return .failure(MCPError(.refused(code: code), sentence))
    }
    guard let result = message["result"]?.object else {
      return .failure(MCPError(.invalid, "the MCP server '\(MCPText.line(name))' answered with what is no result"))
    }
    return .success(result)
  }

  // MARK: Requests and news of the server's

  /// We are asked for nothing that would hand on what the user has: no folders, no model, no questions to a person.
  private func asked(_ method: String, _ id: JSONValue) {
    switch id {
    case .string(let text) where text.utf8.count <= 256: break
    case .integer, .number: break
    default: return
    }
    var answer: JSONObject = ["jsonrpc": "2.0", "id": id]
    if method == "ping" {
      answer["result"] = [:]
    } else {
      answer["error"] = ["code": -32601, "message": .string("this client has no \(MCPText.line(method, 100))")]
    }
    send(answer)
  }

  private func told(_ method: String, _ params: JSONObject) {
    switch method {
    case "notifications/progress": progressed(params)
    case "notifications/tools/list_changed": toolsChanged()
    default: break
    }
  }

  /// A sign of life; it is told at most ten times a second.
  private func progressed(_ params: JSONObject) {
    guard case .integer(let id)? = params["progressToken"] else { return }
    let tell = state.withLock { state -> (@Sendable (String) -> Void)? in
      guard var call = state.pending[id] else { return nil }
      call.lastSign = .now
      let isSoon = call.lastTold.map { $0.advanced(by: .milliseconds(100)) > .now } ?? false
      if !isSoon { call.lastTold = .now }
      state.pending[id] = call
      return isSoon ? nil : call.progress
    }
    tell?(MCPConnection.sentence(params))
  }

  private static func sentence(_ params: JSONObject) -> String {
    let figures = [params["progress"], params["total"]].compactMap { $0?.double }.map { number in
      Int64(exactly: number).map(String.init) ?? String(number)
    }
    let words = params["message"]?.string.map { MCPText.line($0, 200) } ?? "progress"
    return figures.isEmpty ? words : "\(words) (\(figures.joined(separator: "/")))"
  }

  // MARK: What is no message

  private func invalid(_ line: [UInt8]) {
    let count = state.withLock { state in
      state.invalidLines += 1
      return state.invalidLines
    }
    if [1, 10, 100].contains(count) {
      note(
        "the MCP server '\(MCPText.line(name))' wrote a line that is no message (\(count) so far): \(MCPText.line(line))"
      )
    }
    if count == limits.invalidLines {
      let reason = MCPError(
        .invalid, "the MCP server '\(MCPText.line(name))' was ended: it wrote \(count) lines that are no messages")
      Task { await self.close(reason) }
    }
  }

  private func tooLong(_ head: [UInt8], _ tail: [UInt8]) {
    let sentence =
      "the MCP server '\(MCPText.line(name))' wrote a message of more than \(limits.messageBytes >> 20) MiB"
    note(sentence)
    let call = state.withLock { state -> Pending? in
      let id = MCPLines.answeredID(head: head, tail: tail)
      if let id, let call = state.pending.removeValue(forKey: id) { return call }
      guard state.pending.count == 1, let only = state.pending.keys.first else { return nil }
      return state.pending.removeValue(forKey: only)
    }
    call?.promise.fulfil(.failure(MCPError(.invalid, sentence)))
  }
}
