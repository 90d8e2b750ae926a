import Glibc
import Jobs
import Testing

@testable import Runtime

extension EngineTests {
  /// Many short jobs with random cancels: one end for each, and nothing left behind.
  @Suite struct EngineChaosTests {
    private let shapes = [
      "true", "exit 3", "sleep 0.01", "sleep 0.05; echo done", "kill -9 $$", "trap 'exit 0' TERM; sleep 0.3",
      "sleep 0.1",
      "echo '[PROGRESS] 50% half'; sleep 0.02",
    ]

    @Test func everyJobEndsOnceUnderRandomCancels() async throws {
      let count = wantsLongTests ? 10_000 : 2_000
      let bench = try EngineBench(slots: 24, grace: .milliseconds(500)) { _, _ in
        try? await Task.sleep(for: .milliseconds(Int.random(in: 0..<20)))
        return Task.isCancelled ? .cancelled : .returned(output: [0x78], data: nil)
      }
      // What the registry keeps open, it opens here.
      _ = await bench.end(of: bench.shell("true"))
      _ = try bench.registry.jobs()
      let before = Footprint.descriptors(in: bench.folder.path)
      var random = SplitMix(seed: 42)
      var ids: [JobID] = []
      for number in 0..<count {
        var spec = number % 10 == 9 ? TaskSpec(work: .function) : bench.shell(shapes.randomElement(using: &random)!)
        if number % 7 == 0 { spec.retries = 1 }
        if number % 11 == 0 { spec.timeout = .milliseconds(Int.random(in: 1..<60, using: &random)) }
        ids.append(bench.engine.submit(spec).id)
        if Int.random(in: 0..<3, using: &random) == 0, let victim = ids.suffix(200).randomElement(using: &random) {
          bench.engine.cancel(victim, by: "chaos", reason: "by chance")
        }
        if number % 50 == 0 { try await Task.sleep(for: .milliseconds(10)) }
      }
      await bench.engine.drain()
      try check(bench, ids)
      #expect(await Footprint.lastingZombies() == 0)
      #expect(await Footprint.lastingProcessDescriptors() == 0)
      #expect(Footprint.descriptors(in: bench.folder.path) <= before)
      #expect(bench.engine.look { $0.scheduler.holderCount == 0 && $0.scheduler.waitingCount == 0 && $0.jobs.isEmpty })
      #expect(bench.engine.backend.liveCount == 0)
    }

    /// Each job: one terminal notice, which is its last, one terminal event, and a record that says the same.
    private func check(_ bench: EngineBench, _ ids: [JobID]) throws {
      var last: [JobID: JobRecord] = [:]
      var ends: [JobID: Int] = [:]
      for notice in bench.log.notices {
        switch notice {
        case .changed(let record), .progress(let record):
          #expect(last[record.id]?.status.isTerminal != true, "\(record.id) was told of after its end")
          last[record.id] = record
          if record.status.isTerminal { ends[record.id, default: 0] += 1 }
        case .amended, .held, .warning, .agent: break
        }
      }
      var recorded: [JobID: Int] = [:]
      var sequence: Int64 = 0
      while true {
        let events = try bench.registry.events(since: sequence)
        guard let newest = events.last else { break }
        for event in events {
          sequence += 1
          #expect(event.sequence == sequence, "the numbers have no gap")
          if event.reason != nil, let job = event.job { recorded[job, default: 0] += 1 }
        }
        sequence = newest.sequence
      }
      var statuses: [JobStatus: Int] = [:]
      for id in ids {
        #expect(ends[id] == 1)
        #expect(recorded[id] == 1)
        let record = try #require(last[id])
        statuses[record.status, default: 0] += 1
        #expect(try bench.registry.job(id) == record)
      }
      print("\(ids.count) jobs:", statuses.map { "\($0.value) \($0.key.rawValue)" }.sorted().joined(separator: ", "))
      #expect(statuses.keys.allSatisfy { [.completed, .failed, .cancelled, .timedOut].contains($0) })
    }

    /// In a process of its own, whose threads and memory are nobody else's.
    @Test func nothingGrowsOverTwoThousandJobs() async throws {
      let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
        let bench = try EngineBench(slots: 20, keepsNotices: false)
        func rounds(_ count: Int) async {
          for _ in 0..<count {
            for _ in 0..<500 { _ = bench.engine.submit(TaskSpec(work: .arguments(["/bin/true"]))) }
            await bench.engine.drain()
          }
        }
        func measure() -> (descriptors: Int, threads: Int, memory: Int) {
          (Footprint.allDescriptors, Footprint.threads, Footprint.residentKiB)
        }
        await rounds(2)
        let before = measure()
        await rounds(4)
        let after = measure()
        print("2,000 jobs: descriptors \(before.descriptors) → \(after.descriptors), threads", terminator: " ")
        print("\(before.threads) → \(after.threads), memory \(before.memory) → \(after.memory) KiB")
        // The registry may open a few connections for reading, once.
        #expect(after.descriptors <= before.descriptors + 16)
        #expect(after.threads <= before.threads + 4)
        #expect(after.memory <= before.memory * 11 / 10)
        #expect(await Footprint.lastingZombies() == 0)
      }
      let said = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
      print(said.split(separator: "\n").first { $0.hasPrefix("2,000 jobs") } ?? "")
    }

    @Test func withTwoHundredJobsAChildHasTheStandardStreamsAlone() async throws {
      let bench = try EngineBench(slots: 200)
      let sleepers = (0..<199).map { _ in bench.engine.submit(bench.shell("exec sleep 60")).id }
      for id in sleepers { #expect(await bench.isRunning(id)) }
      let record = await bench.end(of: TaskSpec(work: .arguments(["ls", "/proc/self/fd"])))
      #expect(try bench.text(of: record) == "0\n1\n2\n3\n", "the fourth is ls's own")
      bench.engine.cancelAll(by: "test", reason: "enough")
      await bench.engine.drain()
      #expect(await Footprint.lastingZombies() == 0)
    }

    /// With hardly a descriptor left, jobs wait for one instead of failing.
    @Test func aLackOfDescriptorsIsWaitedOut() async throws {
      await #expect(processExitsWith: .success) {
        let bench = try EngineBench(slots: 40)
        _ = await bench.end(of: bench.shell("true"))
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = rlim_t(Footprint.allDescriptors + 80)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let ids = (0..<120).map { _ in bench.engine.submit(bench.shell("sleep 0.2")).id }
        var statuses: [JobStatus: Int] = [:]
        for id in ids { statuses[await bench.log.end(of: id).status, default: 0] += 1 }
        #expect(statuses == [.completed: 120])
        await bench.engine.drain()
      }
    }

    /// The same where no process more may be started. Root is under no such limit, so the test becomes nobody.
    @Test(.enabled(if: geteuid() == 0)) func aLackOfProcessesIsWaitedOut() async throws {
      await #expect(processExitsWith: .success) {
        let folder = try ScratchFolder()
        try #require(chown(folder.path, 65_533, 65_533) == 0)
        try #require(setgid(65_533) == 0 && setuid(65_533) == 0)
        let bench = try EngineBench(slots: 40, home: "\(folder.path)/state")
        _ = await bench.end(of: bench.shell("true") { $0.cwd = "/" })
        var limit = rlimit(rlim_cur: rlim_t(Footprint.threads + 12), rlim_max: rlim_t(Footprint.threads + 12))
        // RLIMIT_NPROC, which Swift's C library module does not show.
        setrlimit(6, &limit)
        let ids = (0..<60).map { _ in bench.engine.submit(TaskSpec(work: .arguments(["sleep", "0.2"]))).id }
        var statuses: [JobStatus: Int] = [:]
        for id in ids { statuses[await bench.log.end(of: id).status, default: 0] += 1 }
        #expect(statuses == [.completed: 60])
        await bench.engine.drain()
      }
    }
  }
}
