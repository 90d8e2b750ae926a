import Jobs
import Testing

@testable import Runtime

extension EngineTests {
  /// Groups through the engine, with real processes.
  @Suite struct EngineGroupRunTests {
    private func group(_ bench: EngineBench, _ tasks: [(String, String, [String])]) -> GroupSpec {
      GroupSpec(members: tasks.map { .init(key: $0.0, spec: bench.shell($0.1), dependencies: $0.2) })
    }

    private func ends(_ bench: EngineBench, _ group: GroupRecord) async -> [JobRecord] {
      var records: [JobRecord] = []
      for job in group.jobs { records.append(await bench.log.end(of: job.id)) }
      return records
    }

    /// Whether one job's end was told before another's start.
    private func ended(_ first: JobID, before second: JobID, _ bench: EngineBench) -> Bool {
      let notices = bench.log.notices
      let end = notices.firstIndex {
        if case .changed(let record) = $0 { record.id == first && record.status.isTerminal } else { false }
      }
      let start = notices.firstIndex {
        if case .changed(let record) = $0 { record.id == second && record.status == .running } else { false }
      }
      return end.map { end in start.map { end < $0 } ?? false } ?? false
    }

    @Test func tasksRunByTheirDependencies() async throws {
      let bench = try EngineBench()
      let spec = group(
        bench,
        [
          ("review", "cat tests", ["tests"]), ("api", "sleep 0.1; echo api > api", []), ("ui", "echo ui > ui", []),
          ("tests", "cat api ui > tests", ["api", "ui"]),
        ])
      let record = try await bench.engine.submitGroup(spec)
      #expect(record.waves == [[1, 2], [3], [0]])
      #expect(record.jobs.map(\.status) == [.pending, .queued, .queued, .pending])
      #expect(record.jobs.map(\.name) == ["review", "api", "ui", "tests"])
      #expect(record.jobs[3].dependencies == [record.jobs[1].id, record.jobs[2].id])
      #expect(record.jobs.allSatisfy { $0.group == record.id })
      let ends = await ends(bench, record)
      #expect(ends.map(\.status) == [.completed, .completed, .completed, .completed])
      #expect(try bench.text(of: ends[0]) == "api\nui\n")
      #expect(ended(record.jobs[1].id, before: record.jobs[3].id, bench))
      #expect(ended(record.jobs[3].id, before: record.jobs[0].id, bench))
      #expect(bench.log.story(of: record.jobs[0].id) == ["pending", "queued", "running", "completed"])
      await bench.engine.drain()
      #expect(bench.engine.look { $0.groups.isEmpty })
    }

    @Test func aFaultyGroupIsRefusedBeforeAnythingStarts() async throws {
      let bench = try EngineBench()
      let faulty = [
        (
          group(bench, [("a", "true", ["b"]), ("b", "true", ["a"])]),
          "the tasks of the group wait for each other in a circle: 'a' → 'b' → 'a'"
        ),
        (
          group(bench, [("a", "true", []), ("b", "true", ["c"])]),
          "task 'b' depends on 'c', which is no task of the group (it has 'a', 'b')"
        ),
        (group(bench, [("a", "true", []), ("a", "true", [])]), "two tasks of the group have the id 'a'"),
      ]
      for (spec, sentence) in faulty {
        do throws(TaskError) {
          _ = try await bench.engine.submitGroup(spec)
          Issue.record("a group was taken in although \(sentence)")
        } catch {
          #expect(error.code == .badGroup)
          #expect(error.description == sentence)
        }
      }
      var used = group(bench, [("a", "true", []), ("b", "true", [])])
      used.members[1].spec.id = try JobID(validating: "mine")
      let first = try await bench.engine.submitGroup(used)
      _ = await ends(bench, first)
      do throws(TaskError) {
        _ = try await bench.engine.submitGroup(used)
        Issue.record("a used id was taken")
      } catch {
        #expect(error.code == .usedID)
      }
      #expect(try bench.registry.jobs().count == 2, "nothing of the refused groups is left")
      #expect(bench.engine.liveJobs.isEmpty)
    }

    @Test func anEmptyGroupIsOver() async throws {
      let bench = try EngineBench()
      let record = try await bench.engine.submitGroup(GroupSpec(members: []))
      #expect(record.jobs.isEmpty && record.waves.isEmpty)
      #expect(bench.engine.look { $0.groups.isEmpty })
    }

    @Test func dependentsOfAFailedTaskAreSkipped() async throws {
      let bench = try EngineBench()
      let record = try await bench.engine.submitGroup(
        group(bench, [("a", "exit 4", []), ("b", "true", ["a"]), ("c", "true", ["b"]), ("d", "echo d", [])]))
      let ends = await ends(bench, record)
      #expect(ends.map(\.status) == [.failed, .skipped, .skipped, .completed])
      #expect(ends[1].reason == .dependencyFailed && ends[2].reason == .dependencyFailed)
      #expect(ends[1].error == "not started: its dependency 'a' ended as failed")
      #expect(ends[2].error == "not started: its dependency 'b' ended as skipped")
      #expect(ends[1].attempts == 0 && ends[1].startedAt == nil)
      for end in ends { #expect(try bench.registry.job(end.id) == end) }
    }

    @Test func failFastCancelsWhatRunsAndSkipsTheRest() async throws {
      let bench = try EngineBench(slots: 2)
      var spec = group(
        bench,
        [
          ("bad", "sleep 0.2; exit 1", []), ("slow", "sleep 60", []), ("queued", "true", []),
          ("later", "true", ["slow"]),
          ("after", "true", ["bad"]),
        ])
      spec.failFast = true
      let ends = await ends(bench, try await bench.engine.submitGroup(spec))
      #expect(ends.map(\.status) == [.failed, .cancelled, .skipped, .skipped, .skipped])
      #expect(ends.map(\.reason) == [.exitNonzero, .failFast, .failFast, .failFast, .dependencyFailed])
      #expect(ends[1].error == "cancelled by fail_fast: task 'bad' of its group failed first")
      #expect(ends[1].signal == 15)
      #expect(ends[3].error == "not started: task 'bad' of its group failed first")
    }

    @Test(arguments: [(true, nil, 1), (false, 2, 2), (false, nil, 5)] as [(Bool, Int?, Int)])
    func noMoreRunAtOnceThanTheGroupAllows(isSequential: Bool, limit: Int?, most: Int) async throws {
      let bench = try EngineBench()
      var spec = group(bench, (0..<5).map { ("t\($0)", "sleep 0.1", []) })
      spec.isSequential = isSequential
      spec.maxConcurrency = limit
      let record = try await bench.engine.submitGroup(spec)
      _ = await ends(bench, record)
      var running = 0
      var peak = 0
      var order: [JobID] = []
      for case .changed(let job) in bench.log.notices {
        if job.status == .running {
          running += 1
          order.append(job.id)
        }
        if job.status.isTerminal { running -= 1 }
        peak = max(peak, running)
      }
      #expect(peak == most)
      if isSequential { #expect(order == record.jobs.map(\.id)) }
    }

    @Test func aGroupsTimeLimitEndsAllOfIt() async throws {
      let bench = try EngineBench()
      var spec = group(bench, [("quick", "true", []), ("slow", "sleep 60", []), ("later", "true", ["slow"])])
      spec.timeout = .seconds(2)
      let ends = await ends(bench, try await bench.engine.submitGroup(spec))
      #expect(ends.map(\.status) == [.completed, .timedOut, .skipped])
      #expect(ends[1].error == "stopped: the time limit of its group, 2s, was reached")
      #expect(ends[2].error == "not started: the time limit of its group, 2s, was reached")
    }

    @Test func aGroupOrOneOfItsTasksMayBeCancelled() async throws {
      let bench = try EngineBench()
      let first = try await bench.engine.submitGroup(
        group(bench, [("a", "sleep 60", []), ("b", "true", ["a"]), ("c", "true", ["b"])]))
      bench.engine.cancel(first.jobs[1].id, by: "test", reason: "not b")
      #expect(await bench.log.end(of: first.jobs[1].id).status == .cancelled)
      let third = await bench.log.end(of: first.jobs[2].id)
      #expect(third.status == .skipped && third.error == "not started: its dependency 'b' ended as cancelled")
      bench.engine.cancelGroup(first.id, by: "test", reason: "enough")
      #expect(await bench.log.end(of: first.jobs[0].id).status == .cancelled)
      await bench.engine.drain()
      #expect(bench.engine.look { $0.groups.isEmpty && $0.scheduler.holderCount == 0 })
    }

    @Test func functionsAndPromptsMayBePartOfAGroup() async throws {
      let bench = try EngineBench { _, _ in .returned(output: Array("fn".utf8), data: nil) }
      let spec = GroupSpec(members: [
        .init(key: "f", spec: TaskSpec(work: .function)),
        .init(key: "c", spec: bench.shell("echo c"), dependencies: ["f"]),
        .init(key: "p", spec: TaskSpec(work: .prompt("why?")), dependencies: ["c"]),
        .init(key: "last", spec: bench.shell("true"), dependencies: ["p"]),
      ])
      let ends = await ends(bench, try await bench.engine.submitGroup(spec))
      #expect(ends.map(\.reason) == [.ok, .ok, .noProvider, .dependencyFailed])
    }
  }
}
