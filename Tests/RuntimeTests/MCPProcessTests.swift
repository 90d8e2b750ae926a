import Agents
import Jobs
import Testing
import WireText

@testable import Runtime

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite struct MCPProcessTests {
  private let run = RunID.random()

  private func server(_ misdeeds: String..., era: String = "new", environment: [String: String] = [:]) -> MCPServerSpec
  {
    let tests = #filePath.dropLast("RuntimeTests/MCPProcessTests.swift".count)
    return MCPServerSpec(
      name: "s", command: ["python3", tests + "AgentsTests/MCP/hostile.py", era] + misdeeds, environment: environment,
      cwd: "/")
  }

  private func client(_ server: MCPServerSpec, inherited: JobEnvironment = JobEnvironment()) -> MCPClient {
    MCPClient(server, identity: MCPIdentity(name: "tests", version: "1")) { [run] server in
      try await MCPProcess.open(server, inherited: inherited, run: run, secrets: ["CUSTOMER"])
    }
  }

  private func isGone(_ pid: pid_t) -> Bool { kill(pid, 0) != 0 && errno == ESRCH }

  @Test func aServerIsCalledAndGoneAfterItsClosing() async throws {
    let client = client(server())
    let pid = try #require(pid_t(try await client.call("pid", [:]).text))
    #expect(getsid(pid) == pid)
    #expect(try await client.call("echo", ["text": .string(String(repeating: "é", count: 200_000))]).isError == false)
    await client.close()
    #expect(isGone(pid))
  }

  @Test func itsEnvironmentHoldsNoSecretsButThoseThatAreNamed() async throws {
    let path = "PATH=" + String(cString: getenv("PATH"))
    let inherited = JobEnvironment(entries: [
      path, "HOME=/nowhere", "ANTHROPIC_API_KEY=sk-canary", "customer_db_password=canary", "CUSTOMER=canary",
      "LISTED=canary", "AGENTSCRIPT_SECRETS=LISTED", "GH_TOKEN=ghp_1", "AGENTSCRIPT_JOB_ID=outer",
    ])
    let named = server(environment: ["GITHUB_TOKEN": "x-${GH_TOKEN}-$y", "PLAIN": "1"])
    let client = client(named, inherited: inherited)
    let text = try await client.call("environment", [:]).text
    await client.close()
    let variables = try JSONReader.read(text)
    #expect(!text.contains("canary"))
    #expect(variables["GITHUB_TOKEN"]?.string == "x-ghp_1-$y")
    #expect(variables["GH_TOKEN"] == nil)
    #expect(variables["PLAIN"]?.string == "1")
    #expect(variables["HOME"]?.string == "/nowhere")
    #expect(variables["AGENTSCRIPT_RUN_ID"]?.string == run.rawValue)
    #expect(variables["AGENTSCRIPT_JOB_ID"] == nil)
  }

  @Test(arguments: [
    (["/nonexistent/server"], "the program '/nonexistent/server' is not there"),
    (["no-such-program-here"], "was not found in PATH"), ([], "its command is empty"),
    (["python3", "${NO_SUCH_VARIABLE}"], ""),
  ]) func whyAServerCannotBeStartedIsTold(_ command: [String], _ words: String) async throws {
    var server = MCPServerSpec(name: "s", command: command, cwd: "/")
    if words.isEmpty { server.environment = ["A": "${NO_SUCH_VARIABLE}"] }
    let client = client(server)
    let expected = words.isEmpty ? "'NO_SUCH_VARIABLE', which is not set" : words
    do {
      try await client.start()
      Issue.record("it was started")
    } catch {
      #expect(error.sentence.contains(expected), "\(error.sentence)")
    }
    await client.close()
  }

  @Test func aServerThatIgnoresItsEndIsKilled() async throws {
    let client = client(server("clings"))
    let pid = try #require(pid_t(try await client.call("pid", [:]).text))
    let start = ContinuousClock.now
    await client.close()
    #expect(isGone(pid))
    #expect(ContinuousClock.now - start < .seconds(30))
  }

  @Test func aServersDeathIsToldAtOnceThoughItsChildHasTheStreamsOpen() async throws {
    let script = "sleep 1000 & read line; echo 'last words' >/dev/stderr; exit 1"
    let client = client(MCPServerSpec(name: "s", command: ["sh", "-c", script], cwd: "/"))
    let start = ContinuousClock.now
    do {
      try await client.start()
      Issue.record("it was started")
    } catch {
      #expect(error.sentence.hasSuffix("has ended: last words"), "\(error.sentence)")
    }
    #expect(ContinuousClock.now - start < .seconds(20))
    await client.close()
    #if os(Linux)
      let mark = JobEnvironment.mark(JobEnvironment.Mark.run, run.rawValue)
      let left = ProcFiles.processes().filter { ProcFiles.environment(of: $0, holdsAll: [mark]) }
      #expect(left.isEmpty)
    #endif
  }

  @Test func aServerThatReadsNoMoreEndsNobody() async throws {
    let client = client(MCPServerSpec(name: "s", command: ["sh", "-c", "exec 0<&-; sleep 0.2"], cwd: "/"))
    await #expect(throws: MCPError.self) { try await client.start() }
    await client.close()
  }

  /// Their ends come while we write and close: a race that once brought the program down in one case of ten.
  @Test func serversThatEndAtOnceBringNothingDown() async throws {
    let refused = await withTaskGroup { group in
      for _ in 0..<100 {
        group.addTask {
          let client = client(MCPServerSpec(name: "s", command: ["true"], cwd: "/"))
          let isRefused: Bool
          do {
            try await client.start()
            isRefused = false
          } catch { isRefused = true }
          await client.close()
          return isRefused ? 1 : 0
        }
      }
      return await group.reduce(0, +)
    }
    #expect(refused == 100)
  }

  #if os(Linux)
    @Test func noDescriptorIsLeft() async throws {
      func count() -> Int {
        var info = stat()
        return stat("/proc/self/fd", &info) == 0 ? Int(info.st_size) : 0
      }
      // The first one opens what stays open.
      let first = client(server())
      try await first.start()
      await first.close()
      let before = count()
      for _ in 0..<5 {
        let client = client(server())
        try await client.start()
        _ = try? await client.call("die", [:])
        _ = try await client.call("pid", [:])
        await client.close()
      }
      var after = count()
      // What is told of their ends is forgotten a moment later.
      for _ in 0..<500 where after > before + 2 {
        try await Task.sleep(for: .milliseconds(10))
        after = count()
      }
      #expect(after <= before + 2)
    }
  #endif
}
