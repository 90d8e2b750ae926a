import Glibc
import Jobs
import Testing

/// Every end is reaped and told right by the whole program, and nothing is passed on or piles up.
@Suite struct ProgramReapTests {
  private let folder: ScratchFolder
  private let tree: ProcessTree
  private let home: String

  init() throws {
    folder = try ScratchFolder()
    tree = ProcessTree(seed: 1, shape: .plain, in: folder.path)
    home = folder.path + "/state"
  }

  private func start(_ script: String, _ options: [String] = [], below prefix: [String] = []) throws -> LiveProgram {
    let file = try folder.write(script, to: "\(tree.cookie).lua")
    return try LiveProgram(
      prefix + [ProgramRun.agentscript, "run", "--quiet"] + options + [file], in: folder.path,
      environment: ["AGENTSCRIPT_HOME": home])
  }

  private func jobs() throws -> [JobRecord] {
    let registry = try Registry.open(StateDirectory(path: home))
    defer { registry.close() }
    return try registry.jobs()
  }

  @Test func exitCodesAndSignalsAreToldExactly() async throws {
    let program = try start(
      """
      local jobs = {}
      for code = 0, 255 do jobs[#jobs + 1] = spawn { id = "exit" .. code, command = "exit " .. code } end
      for number = 1, 15 do jobs[#jobs + 1] = spawn { id = "signal" .. number, command = "kill -" .. number .. " $$; sleep 5" } end
      for i, result in ipairs(wait(jobs)) do
        local code, signal = i <= 256 and i - 1 or nil, i > 256 and i - 256 or nil
        assert(result.exit_code == code and result.signal == signal and result.success == (i == 1), tostring(result))
      end
      """, ["--max-concurrency", "20"])
    #expect(await program.end(within: .seconds(60)) == 0, "\(program.talk)")
    let jobs = try jobs()
    #expect(jobs.count == 271)
    for job in jobs {
      let name = job.id.rawValue
      if name.hasPrefix("exit") {
        #expect(job.exitCode == Int(name.dropFirst(4)) && job.signal == nil, "\(name)")
      } else {
        #expect(job.signal == Int(name.dropFirst(6)) && job.exitCode == nil, "\(name)")
      }
    }
  }

  @Test func aThousandAHundredAtATimeLeaveNoZombie() async throws {
    let program = try start(
      """
      local jobs = {}
      for i = 1, 1000 do jobs[i] = spawn { command = { "true" } } end
      local good = 0
      for _, result in ipairs(wait(jobs)) do good = good + (result.success and 1 or 0) end
      return { success = good == 1000 }
      """, ["--max-concurrency", "100"])
    async let end = program.end(within: .seconds(90))
    // A zombie that is seen again and again is not being reaped.
    var ages: [String: Int] = [:]
    var oldest = 0
    while let runtime = program.runtime ?? (oldest == 0 && ages.isEmpty ? program.pid : nil) {
      let zombies = Zombies.children(of: [program.pid, runtime])
      ages = ages.filter { zombies.contains($0.key) }
      for zombie in zombies { ages[zombie, default: 0] += 1 }
      oldest = max(oldest, ages.values.max() ?? 0)
      if kill(program.pid, 0) != 0 { break }
      try await Task.sleep(for: .milliseconds(100))
      if program.runtime == nil { break }
    }
    #expect(await end == 0, "\(program.talk)")
    #expect(
      Duration.milliseconds(100 * oldest) <= Load.stretched(.seconds(0.5)), "a zombie was there for \(oldest) looks")
    #expect(try jobs().count == 1000)
    #expect(try jobs().allSatisfy { $0.status == .completed })
  }

  /// In a container the program may be the first process, to which every orphan falls.
  @Test func asTheFirstProcessItReapsStrangersAndPassesTheExitCode() async throws {
    guard getuid() == 0, access("/usr/bin/unshare", X_OK) == 0 else { return }
    defer { tree.cleanUp() }
    let leaf = tree.leaf.joined(separator: " ")
    let program = try start(
      """
      -- Twenty orphans that end at once, and one that stays.
      task { command = "for i in 1 2 3 4 5 6 7 8 9 10; do (setsid true & setsid true &); done; (setsid env -i \(leaf) >/dev/null 2>&1 &)" }
      local zombies
      for _ = 1, 200 do
        zombies = task { command = "grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l" }.output
        if tonumber(zombies) == 0 then break end
        sleep(10)
      end
      local own = io.open("/proc/self/stat"):read("a")
      assert(tonumber(zombies) == 0, zombies)
      assert(own:match("%) %a 1 "), own)
      os.exit(42)
      """, below: ["/usr/bin/unshare", "-p", "-f", "--mount-proc"])
    #expect(await program.end(within: .seconds(30)) == 42, "\(program.talk)")
    #expect(tree.survivors() == [])
  }

  @Test func asTheFirstProcessItHearsSignals() async throws {
    guard getuid() == 0, access("/usr/bin/unshare", X_OK) == 0 else { return }
    defer { tree.cleanUp() }
    let words = tree.leaf.map { "\"\($0)\"" }.joined(separator: ", ")
    let program = try start("task { command = { \(words) } }", below: ["/usr/bin/unshare", "-p", "-f", "--mount-proc"])
    #expect(await eventually { tree.restingCount == 1 })
    kill(try #require(program.runtime), SIGTERM)
    #expect(await program.end(within: .seconds(30)) == 143, "\(program.talk)")
    #expect(await eventually { tree.survivors().isEmpty }, "\(tree.survivors())")
    #expect(try jobs().map(\.status) == [.cancelled])
  }

  @Test func aJobGetsThreeDescriptorsAndDefaultSignalsOnly() async throws {
    let line = """
      exec 5</dev/null 7<. 9>/dev/null; trap '' USR1 HUP TERM PIPE; umask 027
      exec "$@"
      """
    let script = "print(task { command = { \"\(ProcessTree.probe)\", \"report\" } }.output)"
    let program = try start(script, below: ["/bin/sh", "-c", line, "sh"])
    #expect(await program.end(within: .seconds(30)) == 0, "\(program.talk)")
    let expected = ["descriptors 0 1 2", "blocked", "ignored", "umask 027", "session 1", "terminal 0"]
    #expect(program.output.split(separator: "\n").map(String.init) == expected)
  }

  @Test func fiveHundredRunAtOnceAndEndTogether() async throws {
    defer { tree.cleanUp() }
    let words = tree.leaf.map { "\"\($0)\"" }.joined(separator: ", ")
    let program = try start(
      """
      local jobs = {}
      for i = 1, 500 do jobs[i] = spawn { command = { \(words) } } end
      local results = wait(jobs)
      return { success = #results == 500 }
      """, ["--max-concurrency", "500"])
    #expect(await eventually(within: .seconds(60)) { tree.restingCount == 500 }, "\(tree.restingCount) run")
    let start = ContinuousClock.now
    let other = try LiveProgram(
      [ProgramRun.agentscript, "kill", "--quiet", "--all"], in: home, environment: ["AGENTSCRIPT_HOME": home])
    #expect(await other.end(within: .seconds(30)) == 0, "\(other.talk)")
    #expect(await program.end(within: .seconds(30)) == 0, "\(program.talk)")
    let time = ContinuousClock.now - start
    #expect(tree.survivors() == [])
    #expect(time <= TreeTests.bound, "it took \(time)")
    let jobs = try jobs()
    #expect(jobs.count == 500 && jobs.allSatisfy { $0.status == .cancelled })
  }

  @Test func thousandsInARowLeaveNothingInTheRuntime() async throws {
    let count = wantsLongTests ? 10_000 : 2_000
    let program = try start(
      """
      local function show(name)
        io.open(name, "w"):close()
        while not io.open("go-" .. name) do sleep(5) end
      end
      for i = 1, \(count) do
        assert(task { command = { "true" } }.success)
        if i == \(count / 4) then show("begin") end
      end
      show("end")
      """)
    var samples: [Holdings] = []
    for name in ["begin", "end"] {
      let isThere = await eventually(within: .seconds(300)) { access("\(folder.path)/\(name)", F_OK) == 0 }
      try #require(isThere, "\(program.talk)")
      let runtime = try #require(program.runtime)
      samples.append(Holdings(of: runtime))
      #expect(Zombies.children(of: [program.pid, runtime]) == [])
      _ = try folder.write("", to: "go-" + name)
    }
    #expect(await program.end(within: .seconds(30)) == 0, "\(program.talk)")
    print("\(count) commands in a row: \(samples[0]) after a quarter, \(samples[1]) at the end")
    #expect(samples[1].descriptors <= samples[0].descriptors + 5)
    #expect(samples[1].threads <= samples[0].threads + 4)
    // A run remembers each of its jobs: three KiB are enough for one, with what belongs to it in the registry's caches.
    #expect(samples[1].memory <= samples[0].memory + samples[0].memory / 10 + 3 * count * 3 / 4)
  }
}

/// Processes that have ended and were not reaped.
enum Zombies {
  /// Those of some parents, each with the time of its start.
  static func children(of parents: Set<pid_t>) -> Set<String> {
    Set(
      TestFile.names(in: "/proc").compactMap { pid_t($0) }.compactMap { pid in
        let stat = TestFile.text("/proc/\(pid)/stat")
        guard let close = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[close...].split(separator: " ")
        guard fields.count > 20, fields[1] == "Z", pid_t(fields[2]).map(parents.contains) == true else { return nil }
        return "\(pid) \(fields[20])"
      })
  }
}

/// What a process holds.
struct Holdings: CustomStringConvertible {
  let descriptors: Int
  let threads: Int
  /// In KiB.
  let memory: Int

  init(of pid: pid_t) {
    descriptors = TestFile.names(in: "/proc/\(pid)/fd").count
    threads = TestFile.names(in: "/proc/\(pid)/task").count
    let line = TestFile.text("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    memory = line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
  }

  var description: String { "\(descriptors) descriptors, \(threads) threads, \(memory) KiB" }
}
