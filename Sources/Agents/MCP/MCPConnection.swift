internal import Clocks
internal import Synchronization
internal import WireText

/// One run of a server: requests and their answers, until the server ends.
final class MCPConnection: Sendable {
  /// Which protocol is spoken.
  enum Era: Sendable, Hashable {
    /// With a handshake; the version that was agreed on.
    case handshake(String)
    /// Without one: each request says all there is to say.
    case stateless
  }

  struct Pending {
    let promise: MCPPromise<JSONObject>
    var lastSign: ContinuousClock.Instant
    var lastTold: ContinuousClock.Instant?
    let progress: (@Sendable (String) -> Void)?
  }

  struct State {
    var pending: [Int64: Pending] = [:]
    var lastID: Int64 = 0
    var end: MCPError?
    var invalidLines = 0
  }

  let name: String
  let limits: MCPLimits
  let client: MCPIdentity
  private let pipe: MCPPipe
  private let outbox = MCPOutbox()
  let state = Mutex(State())
  /// Hears what a person should know of.
  let note: @Sendable (String) -> Void
  /// Hears that the list of tools is another one now.
  let toolsChanged: @Sendable () -> Void

  init(
    _ pipe: MCPPipe, name: String, limits: MCPLimits, client: MCPIdentity, note: @escaping @Sendable (String) -> Void,
    toolsChanged: @escaping @Sendable () -> Void
  ) {
    self.pipe = pipe
    self.name = name
    self.limits = limits
    self.client = client
    self.note = note
    self.toolsChanged = toolsChanged
    Task { await self.reading() }
    Task { await self.writing() }
  }

  /// Why it ended; nil as long as it runs.
  var end: MCPError? { state.withLock { $0.end } }

  // MARK: Streams

  private func reading() async {
    var lines = MCPLines(limit: limits.messageBytes)
    var failure: String?
    do {
      while end == nil, let bytes = try await pipe.read() {
        for line in lines.take(bytes) { take(line) }
      }
    } catch {
      failure = MCPText.line("\(error)")
    }
    // Its last words may come by another stream, a moment later: closing waits for that stream's end.
    await pipe.close()
    let words = pipe.lastWords().map { ": " + MCPText.line($0) } ?? failure.map { ": " + $0 } ?? ""
    finish(MCPError(.ended, "the MCP server '\(MCPText.line(name))' has ended\(words)"))
  }

  private func writing() async {
    while let bytes = await outbox.next() {
      do { try await pipe.write(bytes) } catch {
        // The end of its output, which the other task sees, says more than that it reads no more.
        outbox.close()
        return
      }
    }
  }

  /// Ends the server, and returns when it is gone. Calls that wait fail with the reason.
  func close(_ reason: MCPError) async {
    finish(reason)
    await pipe.close()
  }

  private func finish(_ reason: MCPError) {
    let pending = state.withLock { state -> [Pending] in
      if state.end == nil { state.end = reason }
      defer { state.pending = [:] }
      return Array(state.pending.values)
    }
    outbox.close()
    let end = end ?? reason
    for call in pending { call.promise.fulfil(.failure(end)) }
  }

  // MARK: Requests

  /// Sends a message; false if the server does not read any more.
  @discardableResult func send(_ message: JSONObject) -> Bool {
    outbox.put(Array(JSONValue.object(message).description.utf8) + [0x0A])
  }

  func notify(_ method: String, _ params: JSONObject? = nil) {
    var message: JSONObject = ["jsonrpc": "2.0", "method": .string(method)]
    if let params { message["params"] = .object(params) }
    send(message)
  }

  /// Asks, and waits for the result. Each word of progress gives it `timeout` anew, but not beyond `longest`.
  func request(
    _ method: String, _ params: JSONObject = [:], era: Era?, timeout: Duration, longest: Duration? = nil,
    progress: (@Sendable (String) -> Void)? = nil
  ) async throws(MCPError) -> JSONObject {
    let promise = MCPPromise<JSONObject>()
    let id = try open(promise, progress)
    guard send(message(id, method, params, era, withProgress: progress != nil)) else {
      forget(id)
      throw end ?? MCPError(.ended, "the MCP server '\(MCPText.line(name))' reads no more")
    }
    let timer = Task { await self.watch(id, promise, timeout: timeout, longest: longest ?? timeout) }
    defer { timer.cancel() }
    do {
      return try await promise.value()
    } catch {
      forget(id)
      if error.kind == .cancelled || error.kind == .timedOut, method != "initialize" {
        notify("notifications/cancelled", ["requestId": .integer(id), "reason": .string(error.sentence)])
      }
      throw error
    }
  }

  private func open(
    _ promise: MCPPromise<JSONObject>, _ progress: (@Sendable (String) -> Void)?
  ) throws(MCPError) -> Int64 {
    let opened = state.withLock { state -> Result<Int64, MCPError> in
      if let end = state.end { return .failure(end) }
      state.lastID += 1
      state.pending[state.lastID] = Pending(promise: promise, lastSign: .now, progress: progress)
      return .success(state.lastID)
    }
    return try opened.get()
  }

  private func forget(_ id: Int64) { state.withLock { $0.pending[id] = nil } }

  private func message(
    _ id: Int64, _ method: String, _ params: JSONObject, _ era: Era?, withProgress: Bool
  ) -> JSONObject {
    var meta = era == .stateless ? client.meta : JSONObject()
    if withProgress { meta["progressToken"] = .integer(id) }
    var params = params
    if !meta.isEmpty { params["_meta"] = .object(meta) }
    var message: JSONObject = ["jsonrpc": "2.0", "id": .integer(id), "method": .string(method)]
    if !params.isEmpty { message["params"] = .object(params) }
    return message
  }

  private func watch(
    _ id: Int64, _ promise: MCPPromise<JSONObject>, timeout: Duration, longest: Duration
  ) async {
    let end = ContinuousClock.now.advanced(by: longest)
    while let sign = state.withLock({ $0.pending[id]?.lastSign }) {
      let deadline = min(sign.advanced(by: timeout), end)
      if deadline <= .now {
        let waited = deadline == end ? longest : timeout
        let what = deadline == end && longest > timeout ? "for all its progress" : "without a word"
        let time = waited < .seconds(1) ? "\(waited / .milliseconds(1)) ms" : "\(waited.components.seconds) s"
        let sentence = "the MCP server '\(MCPText.line(name))' did not answer within \(time), \(what)"
        promise.fulfil(.failure(MCPError(.timedOut, sentence)))
        return
      }
      do { try await Task.pause(for: deadline - .now) } catch { return }
    }
  }
}

/// How this program names itself to servers.
public struct MCPIdentity: Sendable, Hashable {
  /// Its name.
  public var name: String
  /// Its version.
  public var version: String

  /// A name and a version.
  public init(name: String, version: String) {
    self.name = name
    self.version = version
  }

  static let newest = "2026-07-28"
  /// The versions with a handshake, the newest first.
  static let handshakes = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]

  var info: JSONValue { ["name": .string(name), "version": .string(version)] }

  /// What each request says in the newest protocol.
  var meta: JSONObject {
    [
      "io.modelcontextprotocol/protocolVersion": .string(MCPIdentity.newest),
      "io.modelcontextprotocol/clientInfo": info, "io.modelcontextprotocol/clientCapabilities": [:],
    ]
  }
}
