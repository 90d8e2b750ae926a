import Glibc
import Jobs
import Testing

@testable import Runtime

extension EngineTests {
  /// A kill is polite, then sure, and waits no longer than needed.
  @Suite struct EngineKillTests {
    private let bench: CommandBench

    init() throws { bench = try CommandBench() }

    /// Cancels the command once it has said "ready", and tells what it came to and how long that took.
    private func cancel(_ order: CommandOrder) async throws -> (CommandReport, Duration) {
      let handle = bench.backend.submit(order)
      try await bench.wait(for: "ready", in: order)
      let start = ContinuousClock.now
      bench.backend.cancel(handle, .request)
      let report = await bench.end(of: handle)
      return (report, ContinuousClock.now - start)
    }

    @Test func aJobThatCleansUpEndsWhenItHas() async throws {
      let script = "trap 'sleep 0.3; echo clean; exit 7' TERM; echo ready; while :; do sleep 0.05; done"
      let order = try bench.order(.shell(script))
      let (report, time) = try await cancel(order)
      #expect(report.end == .exited(code: 7))
      #expect(report.stop == .request)
      #expect(try bench.text(order).hasSuffix("clean\n"), "what it said while it was ending is kept")
      #expect(time >= .milliseconds(300))
      #expect(time <= .milliseconds(900), "it took \(time)")
    }

    @Test func aJobThatIgnoresTermDiesAfterTheGrace() async throws {
      let order = try bench.order(.shell("trap '' TERM; echo ready; while :; do sleep 0.1; done"))
      let (report, time) = try await cancel(order)
      #expect(report.end == .signalled(Int(SIGKILL)))
      #expect(time >= .seconds(4.5) && time <= .seconds(5.5), "it took \(time)")
      await bench.backend.drain()
      #expect(bench.survivors(of: order) == [])
    }

    @Test func aLongCleanUpWithinTheGraceIsLeftToEnd() async throws {
      let script = "trap 'sleep 3; echo clean; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
      let order = try bench.order(.shell(script))
      let (report, time) = try await cancel(order)
      #expect(report.end == .exited(code: 0))
      #expect(report.stop == .request)
      #expect(try bench.text(order).hasSuffix("clean\n"), "what it said while it was ending is kept")
      #expect(time >= .seconds(3) && time <= .seconds(4.5), "it took \(time)")
    }

    @Test func aStoppedJobDiesToo() async throws {
      let order = try bench.order(.shell("echo ready; kill -STOP $$; sleep 60"))
      let (report, time) = try await cancel(order)
      #expect(report.end == .signalled(Int(SIGTERM)))
      #expect(time <= .seconds(1), "it took \(time)")
    }

    @Test func theWholeGroupIsKilledNotTheShellAlone() async throws {
      let order = try bench.order(.shell("sleep 60 & sleep 60 | cat & (sleep 60; sleep 60) & echo ready; wait"))
      let (report, time) = try await cancel(order)
      #expect(report.end == .signalled(Int(SIGTERM)))
      #expect(time <= .seconds(1), "it took \(time)")
      await bench.backend.drain()
      #expect(bench.survivors(of: order) == [])
    }

    @Test func whoeverLeftTheSessionIsEndedAfterTheLeader() async throws {
      let order = try bench.order(.shell("setsid sh -c 'setsid sleep 60 & echo ready; sleep 60' & wait"))
      let (report, _) = try await cancel(order)
      #expect(report.stop == .request)
      #expect(report.leaked >= 1)
      await bench.backend.drain()
      #expect(bench.survivors(of: order) == [])
    }

    @Test func killingTwiceIsKillingOnce() async throws {
      let order = try bench.order(.shell("trap 'echo term' TERM; echo ready; while :; do sleep 0.02; done"))
      let handle = bench.backend.submit(order)
      try await bench.wait(for: "ready", in: order)
      for _ in 0..<5 { bench.backend.cancel(handle, .request) }
      try await bench.wait(for: "term", in: order)
      bench.backend.cancel(handle, .timeLimit, atOnce: true)
      let report = await bench.end(of: handle)
      #expect(report.end == .signalled(Int(SIGKILL)))
      #expect(report.stop == .request, "the first who asked is the cause")
      #expect(try bench.text(order).split(separator: "\n").filter { $0 == "term" }.count == 1)
      bench.backend.cancel(handle, .request)
      #expect(await bench.end(of: handle) == report)
    }

    @Test func aTimeLimitEndsTheWholeTree() async throws {
      let order = try bench.order(.shell("sleep 60 & sleep 60"), limit: .milliseconds(200))
      let start = ContinuousClock.now
      let report = await bench.report(order)
      let time = ContinuousClock.now - start
      #expect(report.end == .signalled(Int(SIGTERM)))
      #expect(report.stop == .timeLimit)
      #expect(time >= .milliseconds(200) && time <= .milliseconds(1_200), "it took \(time)")
      await bench.backend.drain()
      #expect(bench.survivors(of: order) == [])
    }

    @Test func aCancelDuringTheStartLeavesNoProcess() async throws {
      var random = SplitMix(seed: 7)
      var withdrawn = 0
      for number in 0..<100 {
        let order = try bench.order(.shell("sleep 60"), id: "early\(number)")
        let handle = bench.backend.submit(order)
        let pause = Int.random(in: 0..<1_500, using: &random)
        if pause > 100 { try await Task.sleep(for: .microseconds(pause)) }
        bench.backend.cancel(handle, .request)
        let report = await bench.end(of: handle)
        #expect(report.stop == .request)
        if report.end == .withdrawn {
          withdrawn += 1
          #expect(report.process == nil)
        } else {
          #expect(report.end == .signalled(Int(SIGTERM)))
        }
        #expect(bench.survivors(of: order) == [])
      }
      #expect(withdrawn > 0, "a cancel right after the order comes before the process")
    }

    /// Kills that race the end must reach the command or nobody. Any stray signal would end one of the bystanders, whose
    /// numbers lie among those of the commands.
    @Test func aThousandKillsThatRaceTheEndHitNoStranger() async throws {
      let bench = bench
      var bystanders: [(CommandOrder, LocalBackend.Handle)] = []
      for number in 0..<10 {
        let order = try bench.order(.arguments(["sleep", "600"]), id: "bystander\(number)")
        bystanders.append((order, bench.backend.submit(order)))
      }
      let rounds = wantsLongTests ? 100 : 20
      for round in 0..<rounds {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for number in 0..<50 {
            group.addTask {
              var random = SplitMix(seed: UInt64(round * 50 + number))
              let order = try bench.order(.arguments(["/bin/true"]), id: "r\(round)-\(number)")
              let handle = bench.backend.submit(order)
              let pause = Int.random(in: 0..<4_000, using: &random)
              try await Task.sleep(for: .microseconds(pause))
              bench.backend.cancel(handle, .request)
              switch await bench.end(of: handle).end {
              case .exited(code: 0), .withdrawn, .signalled(Int(SIGTERM)): break
              case let other: Issue.record("true came to \(other)")
              }
            }
          }
          try await group.waitForAll()
        }
      }
      for (_, handle) in bystanders { bench.backend.cancel(handle, .request) }
      for (order, handle) in bystanders {
        let report = await bench.end(of: handle)
        #expect(report.end == .signalled(Int(SIGTERM)) && report.stop == .request, "\(order.job) met \(report)")
      }
      await bench.backend.drain()
      #expect(await Footprint.lastingZombies() == 0)
    }
  }
}
