import FoundationEssentials
import Testing

@testable import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite struct StateViewTests {
  private struct Shown: Decodable {
    struct Entry: Decodable {
      let agent: String
      let task: String
      let id: String
      let status: String
    }
    struct Pool: Decodable {
      let max_concurrent: Int
      let available_slots: Int
      let queue: [Entry]
    }
    let execution_mode: String
    let active_agents: [Entry]
    let agent_pool: Pool
    let agent_history: [Entry]
  }

  @Test func TheFileShowsWhoRunsWhoWaitsAndWhoEnded() async throws {
    let folder = try TemporaryFolder()
    let (registry, run) = try folder.registry()
    registry.keepStateView(maxConcurrent: 4)
    try await registry.complete("done", run: run)
    _ = try await registry.submit("waits", run: run)
    var state = try await registry.submit("runs", run: run)
    try await registry.commit([state.apply(.started(pid: 1, pidStarted: 1), at: .now())])
    registry.close()
    let path = folder.state.path + "/state.json"
    #expect(folder.mode(path) == 0o600)
    let shown = try JSONDecoder().decode(Shown.self, from: Data(contentsOf: URL(filePath: path)))
    #expect(shown.execution_mode == "parallel")
    #expect(shown.active_agents.map(\.id) == ["runs"])
    #expect(shown.active_agents.map(\.task) == ["the job runs"])
    #expect(shown.agent_pool.max_concurrent == 4 && shown.agent_pool.available_slots == 3)
    #expect(shown.agent_pool.queue.map(\.id) == ["waits"])
    #expect(shown.agent_history.map(\.status) == ["completed"])
  }

  @Test func AReaderNeverSeesHalfOfIt() async throws {
    let folder = try TemporaryFolder()
    try folder.state.create()
    let record = JobStateTests.job().record
    let view = StateView(folder.state) {
      StateSummary(live: Array(repeating: record, count: Int.random(in: 1...300)), ended: [], maxConcurrent: 2)
    }
    view.note()
    view.flush()
    let writing = Task {
      for _ in 0..<300 {
        view.note()
        view.flush()
      }
    }
    let path = folder.state.path + "/state.json"
    for _ in 0..<2000 {
      let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
      #expect(JSONText(validating: text) != nil)
    }
    await writing.value
  }
}
