import Glibc
import Jobs
import Testing

@testable import Runtime

extension EngineTests {
  /// Random cancels during gates, second copies and questions: one end for each job, and nothing left behind.
  @Suite struct EngineAttemptChaosTests {
    private static let works = [
      "true", "exit 3", "sleep 0.02", "test $AGENTSCRIPT_COPY = 2 || sleep 0.3; echo $AGENTSCRIPT_COPY",
      "sleep 0.05; echo $AGENTSCRIPT_ATTEMPT; test $AGENTSCRIPT_ATTEMPT -gt 1", "(sleep 0.2 &) ; echo left one",
      "trap '' TERM; sleep 0.05; sleep 0.05; sleep 0.05",
    ]
    private static let gates = [
      "true", "false", "sleep 0.03", "sleep 60", "cat; (sleep 60 &); exit 1", "trap '' TERM; sleep 0.2; sleep 0.2",
    ]

    private func spec(_ bench: EngineBench, _ random: inout SplitMix) -> TaskSpec {
      var spec = bench.shell(Self.works.randomElement(using: &random)!)
      if Int.random(in: 0..<8, using: &random) == 0 { spec.work = .function }
      spec.retries = Int.random(in: 0...2, using: &random)
      if Bool.random(using: &random) {
        let line = Self.gates.randomElement(using: &random)!
        spec.gate = Gate(
          check: Int.random(in: 0..<4, using: &random) == 0 ? .function : .command(.shell(line)),
          timeLimit: .milliseconds(Int.random(in: 20...400, using: &random)))
      }
      if spec.work != .function, Bool.random(using: &random) {
        spec.hedge = .milliseconds(Int.random(in: 0...60, using: &random))
      }
      if Int.random(in: 0..<4, using: &random) == 0 { spec.escalation = .function }
      if Int.random(in: 0..<10, using: &random) == 0 {
        spec.timeout = .milliseconds(Int.random(in: 1..<80, using: &random))
      }
      return spec
    }

    private static let decisions: [Escalation] = [
      .retry, .stand, .undecided("by chance"), .accept(output: [0x78], data: nil),
      .replace(Escalation.Replacement(work: .shell("sleep 0.02"))), .replace(Escalation.Replacement(work: .function)),
    ]

    @Test func everyJobEndsOnceAndLeavesNothing() async throws {
      let count = wantsLongTests ? 5_000 : 600
      let bench = try EngineBench(slots: 64, grace: .milliseconds(200)) { _, call in
        try? await Task.sleep(for: .milliseconds(Int.random(in: 0..<30)))
        if Task.isCancelled { return .cancelled }
        if case .escalation = call { return .decided(EngineAttemptChaosTests.decisions.randomElement()!) }
        return Bool.random() ? .returned(output: [0x78], data: nil) : .raised(message: "by chance", traceback: "")
      }
      _ = await bench.end(of: bench.shell("true"))
      _ = try bench.registry.jobs()
      let before = Footprint.descriptors(in: bench.folder.path)
      var random = SplitMix(seed: 4711)
      var ids: [JobID] = []
      for number in 0..<count {
        ids.append(bench.engine.submit(spec(bench, &random)).id)
        if Int.random(in: 0..<3, using: &random) == 0, let victim = ids.suffix(60).randomElement(using: &random) {
          bench.engine.cancel(victim, by: "chaos", reason: "by chance")
        }
        // Slots are to be free now and then, for second copies.
        if number % 10 == 0 { try await Task.sleep(for: .milliseconds(50)) }
      }
      await bench.engine.drain()
      var hedged: [HedgeEnd: Int] = [:]
      var reasons: [JobReason: Int] = [:]
      for id in ids {
        let record = await bench.log.end(of: id)
        #expect(try bench.registry.job(id) == record)
        if let end = record.hedged { hedged[end, default: 0] += 1 }
        reasons[try #require(record.reason), default: 0] += 1
        let numbers = record.history.attempts.map(\.attempt)
        #expect(numbers.isEmpty || numbers == Array(1...record.attempts), "\(id): \(numbers) of \(record.attempts)")
        #expect(record.attempts > 1 || record.history.attempts.count <= 1)
      }
      print("\(count) jobs:", reasons.map { "\($0.value) \($0.key.rawValue)" }.sorted().joined(separator: ", "), hedged)
      #expect(hedged.count == 2 && reasons[.gateFailed, default: 0] > 0 && reasons[.cancelled, default: 0] > 0)
      #expect(await Footprint.lastingZombies() == 0)
      #expect(await Footprint.lastingProcessDescriptors() == 0)
      #expect(Footprint.descriptors(in: bench.folder.path) <= before)
      #expect(bench.engine.liveJobs.isEmpty && bench.engine.backend.liveCount == 0)
      let mark = JobEnvironment.mark(JobEnvironment.Mark.run, bench.run.id.rawValue)
      let left = ProcFiles.processes().filter { pid in
        ProcFiles.environment(of: pid, holdsAll: [mark]) && ProcFiles.status(of: pid)?.hasEnded == false
      }
      #expect(left.isEmpty)
      // No slot was lost: as many as there are run at the same time.
      let fillers = (0..<64).map { _ in bench.engine.submit(bench.shell("sleep 60")).id }
      for id in fillers { #expect(await bench.isRunning(id)) }
      bench.engine.cancelAll(by: "test", reason: "enough", atOnce: true)
      await bench.engine.drain()
    }
  }
}
