internal import Clocks
internal import Models
internal import Synchronization
public import WireText

/// A server of tools, started when it is needed, for any number of agents at once.
///
/// Both eras of the protocol are spoken: the newest without a handshake, and those with one back to 2024-11-05. A server that
/// dies takes the calls that it had with it, as errors of those calls; the next call starts it anew. `close` has to be called:
/// a server lives until then.
public final class MCPClient: Sendable {
  private struct State {
    var connection: MCPConnection?
    var era: MCPConnection.Era?
    var starting: MCPPromise<MCPConnection>?
    /// The one that is being started.
    var opening: MCPConnection?
    var tools: [MCPToolInfo] = []
    /// Starts since the last call that worked.
    var starts = 0
    var isClosed = false
    var isListing = false
    var wantsListing = false
  }

  /// What it is.
  public let server: MCPServerSpec
  private let limits: MCPLimits
  private let identity: MCPIdentity
  private let open: @Sendable (MCPServerSpec) async throws -> MCPPipe
  private let note: @Sendable (String) -> Void
  private let state = Mutex(State())

  /// A client of a server that is not started yet. `open` starts it; `note` hears what a person should know of, with the
  /// server's words in it.
  public init(
    _ server: MCPServerSpec, identity: MCPIdentity, limits: MCPLimits = MCPLimits(),
    note: @escaping @Sendable (String) -> Void = { _ in },
    open: @escaping @Sendable (MCPServerSpec) async throws -> MCPPipe
  ) {
    self.server = server
    self.identity = identity
    self.limits = limits
    self.note = note
    self.open = open
  }

  private var label: String { "the MCP server '\(MCPText.line(server.name))'" }

  /// Starts the server if it does not run, and returns its tools.
  @discardableResult public func start() async throws(MCPError) -> [MCPToolInfo] {
    _ = try await connection()
    return state.withLock { $0.tools }
  }

  /// The tools of the last list, each as `mcp__server__tool`. Empty before the first start.
  public func tools() -> [AgentTool] { state.withLock { $0.tools }.map(tool) }

  /// Ends the server, and returns when it is gone. Calls that wait fail, and later ones too.
  public func close() async {
    let (connections, starting) = state.withLock { state in
      state.isClosed = true
      return ([state.connection, state.opening], state.starting)
    }
    for connection in connections { await connection?.close(closed) }
    if let late = try? await starting?.value() { await late.close(closed) }
  }

  private var closed: MCPError { MCPError(.ended, "\(label) is closed") }

  // MARK: Starting

  /// The running server, started if need be. All who ask meanwhile get the same one.
  private func connection() async throws(MCPError) -> MCPConnection {
    enum Way {
      case ready(MCPConnection), wait(MCPPromise<MCPConnection>), begin(MCPPromise<MCPConnection>), refuse(MCPError)
    }
    let way = state.withLock { state -> Way in
      if state.isClosed { return .refuse(closed) }
      if let connection = state.connection, connection.end == nil { return .ready(connection) }
      if let starting = state.starting { return .wait(starting) }
      guard state.starts <= limits.restarts else {
        let why = state.connection?.end.map { "; the last time: \($0.sentence)" } ?? ""
        return .refuse(MCPError(.ended, "\(label) was started \(state.starts) times in vain\(why)"))
      }
      state.starts += 1
      let starting = MCPPromise<MCPConnection>()
      state.starting = starting
      return .begin(starting)
    }
    switch way {
    case .ready(let connection): return connection
    case .refuse(let error): throw error
    case .wait(let starting): return try await starting.value()
    case .begin(let starting):
      // It goes on for the others when the one who asked first gives up.
      Task { starting.fulfil(await self.started()) }
      return try await starting.value()
    }
  }

  private func started() async -> Result<MCPConnection, MCPError> {
    let result: Result<MCPConnection, MCPError>
    do throws(MCPError) {
      result = .success(try await begin())
    } catch {
      result = .failure(error)
    }
    let isClosed = state.withLock { state in
      state.starting = nil
      if case .success(let connection) = result { state.connection = connection }
      return state.isClosed
    }
    if isClosed, case .success(let connection) = result {
      await connection.close(closed)
      return .failure(closed)
    }
    return result
  }

  private func begin() async throws(MCPError) -> MCPConnection {
    let known = state.withLock { $0.era }
    if case .handshake? = known { return try await begin(isOld: true) }
    do {
      return try await begin(isOld: false)
    } catch  where error.kind == .ended && known == nil {
      // Some old servers die of a question that they do not know.
      return try await begin(isOld: true)
    }
  }

  private func begin(isOld: Bool) async throws(MCPError) -> MCPConnection {
    let pipe: MCPPipe
    do { pipe = try await open(server) } catch {
      throw MCPError(.start, "\(label) cannot be started: \(MCPText.line("\(error)"))")
    }
    let connection = MCPConnection(
      pipe, name: server.name, limits: limits, client: identity, note: note,
      toolsChanged: { [weak self] in self?.relist() })
    let isClosed = state.withLock { state in
      state.opening = connection
      return state.isClosed
    }
    defer { state.withLock { $0.opening = nil } }
    do throws(MCPError) {
      if isClosed { throw closed }
      let era = try await MCPHandshake.begin(connection, isOld: isOld)
      let tools = try await list(connection, era)
      state.withLock { state in
        state.era = era
        state.tools = tools
      }
      return connection
    } catch {
      await connection.close(error)
      throw error
    }
  }

  // MARK: Listing

  private func list(_ connection: MCPConnection, _ era: MCPConnection.Era) async throws(MCPError) -> [MCPToolInfo] {
    var list = MCPToolList(server, limit: limits.tools)
    var cursors: Set<String> = []
    var params: JSONObject = [:]
    // A server that always has a further page has enough of them by then.
    for _ in 0..<1000 {
      let page = try await connection.request("tools/list", params, era: era, timeout: limits.start)
      list.take(page)
      guard !list.isFull, let cursor = page["nextCursor"]?.string, cursors.insert(cursor).inserted else { break }
      params["cursor"] = .string(cursor)
    }
    let tools = list.finished()
    for sentence in list.notes { note("\(label): \(sentence)") }
    return tools
  }

  /// Asks for the list anew, beside the calls; as often as it changes, but one after the other.
  private func relist() {
    let begins = state.withLock { state in
      state.wantsListing = true
      guard !state.isListing else { return false }
      state.isListing = true
      return true
    }
    guard begins else { return }
    Task { [weak self] in
      while let self, let (connection, era) = self.nextListing() {
        if let tools = try? await self.list(connection, era) { self.state.withLock { $0.tools = tools } }
        // A server that tells of changes without end is not asked without end.
        try? await Task.pause(for: .milliseconds(500))
      }
    }
  }

  private func nextListing() -> (MCPConnection, MCPConnection.Era)? {
    state.withLock { state in
      guard state.wantsListing, !state.isClosed, let connection = state.connection, connection.end == nil,
        let era = state.era
      else {
        state.isListing = false
        return nil
      }
      state.wantsListing = false
      return (connection, era)
    }
  }

  // MARK: Calling

  private func tool(_ info: MCPToolInfo) -> AgentTool {
    let definition = ModelTool(name: info.publicName, description: info.description, schema: info.schema)
    // What a server says of its tools' harmlessness is the server's word only: permissions go by the name.
    return AgentTool(definition, kind: .other) { arguments, context in
      do throws(MCPError) {
        return try await self.call(info.name, arguments, tell: context.tell)
      } catch {
        return .failure(error.sentence)
      }
    }
  }

  /// Calls a tool by the server's own name for it.
  public func call(
    _ tool: String, _ arguments: JSONObject, tell: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws(MCPError) -> ToolOutcome {
    let connection = try await connection()
    let era = state.withLock { $0.era }
    let result = try await connection.request(
      "tools/call", ["name": .string(tool), "arguments": .object(arguments)], era: era, timeout: limits.call,
      longest: limits.longestCall, progress: tell)
    state.withLock { $0.starts = 0 }
    switch result["resultType"]?.string {
    case nil, "complete": return MCPResult.outcome(result, limits: limits)
    case let type?:
      throw MCPError(.invalid, "\(label) answered with '\(MCPText.line(type, 40))', which this client did not offer")
    }
  }
}
