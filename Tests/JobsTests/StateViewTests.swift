import FoundationEssentials
import Synchronization
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

  private final class Reading: Sendable { let isOver = Atomic(false) }

  @Test func AReaderNeverSeesHalfOfIt() async throws {
    let folder = try TemporaryFolder()
    try folder.state.create()
    let record = JobStateTests.job().record
    let view = StateView(folder.state) {
      let live = Array(repeating: record, count: Int.random(in: 0...8))
      let text = StateSummary(live: live, ended: [], maxConcurrent: 2).json
      return [ViewFile(name: "state.json", text: text), ViewFile(name: "decisions.json", text: "{}")]
    }
    view.note()
    view.flush()
    let reading = Reading()
    let path = folder.state.path + "/state.json"
    let torn = await withTaskGroup(of: Int.self) { group in
      group.addTask {
        while !reading.isOver.load(ordering: .relaxed) {
          view.note()
          view.flush()
        }
        return 0
      }
      group.addTask {
        defer { reading.isOver.store(true, ordering: .relaxed) }
        return (0..<10_000).count { _ in
          let text = (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) }
          return text.flatMap(JSONText.init(validating:)) == nil
        }
      }
      return await group.reduce(0, +)
    }
    #expect(torn == 0)
  }
}
