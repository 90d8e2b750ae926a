internal import Agents
internal import Jobs
import Synchronization

/// The servers of tools that the configuration names: started when the first agent wants their tools, shared by all agents of the
/// run, ended with it.
final class ToolServers: Sendable {
  private struct State {
    var starts: [String: Task<Result<[AgentTool], ServerProblem>, Never>] = [:]
    var clients: [MCPClient] = []
  }

  /// Why a server's tools cannot be had.
  struct ServerProblem: Error {
    let sentence: String
  }

  private let specs: [MCPServerSpec]
  private let folder: String
  private let say: @Sendable (String) -> Void
  private let state = Mutex(State())

  /// Servers that are not started yet, and run in `folder` where they name none; `say` tells people what they should know of them.
  init(_ specs: [MCPServerSpec], folder: String, say: @escaping @Sendable (String) -> Void) {
    self.specs = specs
    self.folder = folder
    self.say = say
  }

  /// Whether the configuration names none.
  var isEmpty: Bool { specs.isEmpty }

  /// The tools of all servers, and why those of some cannot be had.
  func tools(engine: JobEngine) async -> (tools: [AgentTool], problems: [String]) {
    var tools: [AgentTool] = []
    var problems: [String] = []
    // All are started before the first is waited for.
    let starts = specs.map { spec in start(spec, engine) }
    for start in starts {
      switch await start.value {
      case .success(let found): tools += found
      case .failure(let problem): problems.append(problem.sentence)
      }
    }
    return (tools, problems)
  }

  private func start(
    _ spec: MCPServerSpec, _ engine: JobEngine
  ) -> Task<Result<[AgentTool], ServerProblem>, Never> {
    state.withLock { state in
      if let start = state.starts[spec.name] { return start }
      let client = MCPClient(
        spec, folder: folder, engine: engine,
        secrets: Set(engine.look { $0.redaction.names } + engine.agents.keptFromCommands.keys),
        note: { [say] in say("agentscript: \(Escaping.line($0, limit: 500))") })
      state.clients.append(client)
      // Held by the table; a server is started once for all agents, so no agent's end ends it.
      let start = Task { () -> Result<[AgentTool], ServerProblem> in
        do {
          _ = try await client.start()
          return .success(client.tools())
        } catch {
          return .failure(
            ServerProblem(
              sentence: "the tools of '\(spec.name)' cannot be had: \(Escaping.line("\(error)", limit: 500))"))
        }
      }
      state.starts[spec.name] = start
      return start
    }
  }

  /// Ends the servers.
  func close() async {
    for client in state.withLock({ $0.clients }) { await client.close() }
  }
}
