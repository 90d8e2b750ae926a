import Glibc
import Jobs
import Testing

@testable import Runtime

extension EngineTests {
  /// Commands as the backend executes them: real processes, no registry.
  @Suite struct EngineCommandTests {
    private let bench: CommandBench

    init() throws { bench = try CommandBench() }

    // MARK: How it ends

    @Test func everyExitCodeIsToldExactly() async throws {
      for first in stride(from: 0, to: 256, by: 16) {
        await withTaskGroup(of: (Int, CommandReport.End?).self) { group in
          for code in first..<(first + 16) {
            group.addTask { (code, try? await bench.report(bench.order(.shell("exit \(code)"), id: "c\(code)")).end) }
          }
          for await (code, end) in group { #expect(end == .exited(code: code)) }
        }
      }
    }

    @Test func everySignalIsToldExactly() async throws {
      for number in 1...15 {
        let report = try await bench.report(bench.order(.shell("kill -\(number) $$; sleep 5"), id: "s\(number)"))
        #expect(report.end == .signalled(number))
        #expect(report.stop == nil)
      }
    }

    @Test func aThousandShortCommandsLeaveNothingBehind() async throws {
      let folder = bench.folder.path
      let run = RunID.random()
      let environment = JobEnvironment().entries(changes: [:], job: "x", run: run.rawValue, attempt: 1)
      let ends = try await withThrowingTaskGroup(of: CommandReport.End.self) { group in
        var ends: [CommandReport.End] = []
        for number in 0..<1_000 {
          if number >= 100, let end = try await group.next() { ends.append(end) }
          group.addTask {
            let id = try JobID(validating: "t\(number)")
            let output = try OutputFile(creatingAt: "\(folder)/t\(number).log", description: "true")
            let order = CommandOrder(
              job: id, run: run, attempt: 1, work: .arguments(["/bin/true"]), workingDirectory: nil,
              environment: environment, input: nil, output: output, timeLimit: nil)
            return await bench.report(order).end
          }
        }
        for try await end in group { ends.append(end) }
        return ends
      }
      #expect(ends == .init(repeating: .exited(code: 0), count: 1_000))
      await bench.backend.drain()
      #expect(bench.backend.liveCount == 0)
      #expect(await Footprint.lastingZombies() == 0)
      #expect(await Footprint.lastingProcessDescriptors() == 0)
      #expect(Footprint.descriptors(in: folder) == 0)
    }

    // MARK: What it gets

    @Test func aShellLineAndAListOfWordsDiffer() async throws {
      let line = try bench.order(.shell("echo $((6 * 7)) \"a  b\""))
      #expect(await bench.report(line).end == .exited(code: 0))
      #expect(try bench.text(line) == "42 a  b\n")
      let words = try bench.order(.arguments(["printf", "%s|", "$HOME", "a  b", "*", ""]), id: "words")
      #expect(await bench.report(words).end == .exited(code: 0))
      #expect(try bench.text(words) == "$HOME|a  b|*||")
    }

    @Test func outputIsTheBytesOfBothStreamsInOrder() async throws {
      let order = try bench.order(.shell("printf 'a\\377\\000b'; printf c >&2; printf d"))
      _ = await bench.report(order)
      let extent = try order.output.extent()
      let bytes = try order.output.read(from: extent.start, count: extent.end - extent.start)
      #expect(bytes == [0x61, 0xff, 0x00, 0x62, 0x63, 0x64])
    }

    @Test func itRunsInItsFolderWithItsEnvironment() async throws {
      setenv("AGENTSCRIPT_TEST_GONE", "still here", 1)
      let order = try bench.order(
        .shell("pwd; echo \"$GREETING ${AGENTSCRIPT_TEST_GONE-gone} $AGENTSCRIPT_JOB_ID $AGENTSCRIPT_ATTEMPT\""),
        id: "env-1", folder: "/usr", changes: ["GREETING" as String: "grüß dich", "AGENTSCRIPT_TEST_GONE": nil])
      unsetenv("AGENTSCRIPT_TEST_GONE")
      _ = await bench.report(order)
      #expect(try bench.text(order) == "/usr\ngrüß dich gone env-1 1\n")
    }

    @Test func standardInputIsEmptyOrWhatWasGiven() async throws {
      let none = try bench.order(.shell("wc -c"))
      _ = await bench.report(none)
      #expect(try bench.text(none).trimmingPrefix(" ") == "0\n")
      let given = try bench.order(.arguments(["cat"]), id: "given", input: Array("one\ntwo".utf8))
      _ = await bench.report(given)
      #expect(try bench.text(given) == "one\ntwo")
      let empty = try bench.order(.shell("wc -c"), id: "empty", input: [])
      _ = await bench.report(empty)
      #expect(try bench.text(empty).trimmingPrefix(" ") == "0\n")
    }

    @Test func nothingButTheStandardStreamsReachesAChild() async throws {
      let noise = (0..<40).map { _ in open("/dev/null", O_RDONLY) }
      defer { for descriptor in noise { close(descriptor) } }
      let order = try bench.order(.shell("exec ls /proc/self/fd"))
      _ = await bench.report(order)
      // The fourth is ls's own, of the folder that it lists.
      #expect(try bench.text(order) == "0\n1\n2\n3\n")
    }

    @Test func aChildLeadsItsSessionAndHasDefaultSignals() async throws {
      let script = "cut -d' ' -f1,5,6 /proc/self/stat; grep -E 'Sig(Blk|Ign)|Umask' /proc/self/status"
      let order = try bench.order(.shell("exec sh -c \"\(script); echo $$\""))
      _ = await bench.report(order)
      let lines = try bench.text(order).split(separator: "\n")
      let leader = try #require(lines.last)
      let fields = lines[0].split(separator: " ")
      #expect(fields[1] == leader && fields[2] == leader, "group and session are the leader's")
      #expect(lines.contains("SigBlk:\t0000000000000000"))
      // The two signals that the C library keeps to itself may come ignored from an ancestor.
      #expect(lines.contains { $0 == "SigIgn:\t0000000000000000" || $0 == "SigIgn:\t0000000180000000" })
      let mask = umask(0)
      umask(mask)
      #expect(lines.contains { $0.hasPrefix("Umask:") && $0.hasSuffix(String(mask, radix: 8)) })
    }

    // MARK: What cannot be started

    @Test func whatCannotBeStartedIsToldInOneSentence() async throws {
      let script = try bench.folder.write("echo hi\n", to: "no-mode.sh")
      let blank = try bench.folder.write("echo hi\n", to: "no-line.sh", mode: 0o755)
      let lost = try bench.folder.write("#!/no/such/interpreter\n", to: "lost.sh", mode: 0o755)
      let cases: [(CommandOrder.Work, String?, String)] = [
        (.arguments(["no-such-program-x"]), nil, "the program 'no-such-program-x' was not found in PATH ("),
        (.arguments(["/no/such/program"]), nil, "the program '/no/such/program' is not there"),
        (.arguments(["./here"]), "/usr", "the program './here' is not there"),
        (.arguments(["/usr"]), nil, "'/usr' is a folder, no program"),
        (.arguments([script]), nil, "the program '\(script)' may not be executed: its mode forbids it"),
        (.arguments([blank]), nil, "'\(blank)' is neither a program for this machine nor a script with a '#!' line"),
        (.arguments([lost]), nil, "'\(lost)' cannot be executed: what its first line or its loader names is not there"),
        (.shell("echo hi"), "/no/such/folder", "the folder '/no/such/folder' is not there"),
        (.shell("echo hi"), script, "'\(script)' is no folder"),
        (.arguments(["echo", "a\0b"]), nil, "word 2 of the command holds a zero byte"),
        (.arguments([""]), nil, "the name of the program is empty"),
        (.arguments(["x\u{1B}[2J"]), nil, "the program 'x\\u{1B}[2J' was not found in PATH ("),
        (
          .arguments(["echo", String(repeating: "x", count: 4 << 20)]), nil,
          "'echo' cannot be executed: its arguments and environment are too long"
        ),
      ]
      for (number, (work, cwd, sentence)) in cases.enumerated() {
        let report = try await bench.report(bench.order(work, id: "n\(number)", folder: cwd))
        guard case .notStarted(let said) = report.end else {
          Issue.record("\(work) came to \(report.end)")
          continue
        }
        #expect(said.hasPrefix(sentence), "\(said)")
      }
      // The last report may come a moment before its file is let go of.
      #expect(await eventually { Footprint.descriptors(in: bench.folder.path) == 0 })
    }

    // MARK: A job ends when its leader ends

    @Test(arguments: [
      ("sleep 60 & echo done; exit 3", 1),
      ("setsid sleep 60 & echo done; exit 3", 1),
      ("sleep 60 >/dev/null 2>&1 & echo done; exit 3", 1),
      ("(sleep 60 & sleep 60 &) ; nohup sleep 60 & echo done; exit 3", 3),
      ("bash -c 'exec > >(tee f); echo done; exit 3'", 0),
      ("trap '' HUP; sleep 60 & echo done; exit 3", 1),
    ])
    func aJobEndsWhenItsLeaderEnds(shape: String, leaked: Int) async throws {
      // What else the machine does may delay one try, not five.
      var best = Duration.seconds(60)
      for number in 0..<5 where best > .milliseconds(500) {
        let order = try bench.order(.shell(shape), id: "try\(number)", folder: bench.folder.path)
        let start = ContinuousClock.now
        let report = await bench.report(order)
        best = min(best, ContinuousClock.now - start)
        #expect(report.end == .exited(code: 3))
        #expect(report.leaked == leaked)
        #expect(try bench.text(order) == "done\n")
        await bench.backend.drain()
        #expect(bench.survivors(of: order) == [])
      }
      #expect(best <= .milliseconds(500), "it took \(best)")
    }

    @Test func aStandardInputThatNobodyReadsHangsNothing() async throws {
      let input = [UInt8](repeating: 0x78, count: 16 << 20)
      let order = try bench.order(.shell("sleep 60 & echo done; exit 3"), input: input)
      let start = ContinuousClock.now
      let report = await bench.report(order)
      #expect(report.end == .exited(code: 3))
      #expect(ContinuousClock.now - start <= .seconds(5))
      await bench.backend.drain()
    }

    @Test func aLeftoverThatIgnoresTermIsKilledAfterTheEnd() async throws {
      let bench = try CommandBench(grace: .milliseconds(300))
      let order = try bench.order(.shell("sh -c 'trap \"\" TERM; sleep 60; sleep 60' & sleep 0.2; echo done; exit 3"))
      let report = await bench.report(order)
      #expect(report.end == .exited(code: 3))
      #expect(report.leaked >= 1)
      await bench.backend.drain()
      #expect(bench.survivors(of: order) == [])
    }
  }
}
