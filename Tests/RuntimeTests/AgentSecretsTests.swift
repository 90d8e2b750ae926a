import Glibc
import Testing

/// Row 16 of the promises, for agents: a key goes to its provider, and nowhere else.
@Suite struct AgentSecretsTests {
  static let canary = "sk-canary-0f8a5c1d9e7b4a62"
  /// The key as it is, in Base64 from each place within three bytes, and with what URLs escape.
  static let forms: [[UInt8]] = {
    var forms = [Array(canary.utf8)]
    for cut in 0..<3 {
      let bytes = Array(canary.utf8.dropFirst(cut))
      forms.append(base64(Array(bytes.prefix(bytes.count / 3 * 3))))
    }
    return forms
  }()

  private static func base64(_ bytes: [UInt8]) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    return stride(from: 0, to: bytes.count, by: 3).flatMap { place -> [UInt8] in
      let word = Int(bytes[place]) << 16 | Int(bytes[place + 1]) << 8 | Int(bytes[place + 2])
      return [18, 12, 6, 0].map { alphabet[(word >> $0) & 63] }
    }
  }

  /// Runs a script beside the server of models; the key is in the environment.
  private func run(_ script: String, in folder: ScratchFolder) throws -> ProgramRun {
    let file = try folder.write(script, to: "script.lua")
    let server = ScriptCase.repository + "/Tests/RuntimeTests/Probes/model_server.py"
    let line = """
      python3 "$0" port requests >server.log 2>&1 & server=$!
      for i in $(seq 100); do test -s port && break; sleep 0.1; done
      export ANTHROPIC_BASE_URL=http://127.0.0.1:$(cat port)
      "$1" "$2"; code=$?
      kill $server; wait $server; exit $code
      """
    return try ProgramRun(
      ["/bin/sh", "-c", line, server, ProgramRun.agentscript, file], in: folder.path,
      environment: [
        "AGENTSCRIPT_HOME": folder.path + "/.agentscript", "ANTHROPIC_API_KEY": AgentSecretsTests.canary,
        "NO_COLOR": "1",
      ])
  }

  @Test func aKeyGoesToItsProviderAndNowhereElse() throws {
    let folder = try ScratchFolder()
    let run = try run(
      """
      local r = task { prompt = "say something", agent = "Explore" }
      assert(r.success and r.output == "an answer", r.error)
      -- What the agent's own commands see, of others too.
      r = task { prompt = "RUN env; cat /proc/self/environ; ps axww -o args; cat /proc/*/cmdline", agent = "General",
        permission_mode = "bypass", sandbox = false }
      assert(r.success, r.error)
      -- A provider that repeats the key.
      r = task { prompt = "REFUSE", agent = "Explore" }
      assert(r.reason == "provider_error" and r.error:find("the key"), r.error)
      print(r.error)
      -- Commands of the script.
      r = task { command = "env" }
      assert(r.success and not r.output:find("ANTHROPIC_API_KEY"))
      r = task { command = "echo ${#ANTHROPIC_API_KEY}", env = { ANTHROPIC_API_KEY = true } }
      assert(r.output == "\(AgentSecretsTests.canary.count)\\n", r.output)
      for _, job in ipairs(jobs()) do assert(os.execute("'\(ProgramRun.agentscript)' show " .. job.id .. " > shown")) end
      os.execute("'\(ProgramRun.agentscript)' jobs --json > listed")
      """, in: folder)
    #expect(run.exitCode == 0, "\(run.talk)")
    // Else the test would show nothing.
    #expect(TestFile.text(folder.path + "/requests").contains(AgentSecretsTests.canary))
    let found = try ProgramRun(
      ["/bin/sh", "-c", "find . -type f ! -name requests ! -name found -print0 | sort -z | xargs -0 cat > found"],
      in: folder.path)
    #expect(found.exitCode == 0)
    let bytes = Array(TestFile.text(folder.path + "/found").utf8)
    #expect(bytes.count > 10_000)
    for form in AgentSecretsTests.forms {
      #expect(!bytes.contains(form), "\(String(decoding: form, as: UTF8.self)) is in a file")
      #expect(!Array((run.output + run.talk).utf8).contains(form))
    }
  }

  /// Where the system writes core files beside the program; elsewhere only the limits are looked at.
  @Test func aCrashOfOursLeavesNoCoreFileAndOneOfAJobMay() throws {
    let folder = try ScratchFolder()
    let file = try folder.write(
      """
      local r = task { command = "ulimit -S -c" }
      assert(r.output == "unlimited\\n", r.output)
      for line in io.lines("/proc/self/limits") do
        if line:find("^Max core") then assert(line:find("^Max core file size +0 "), line) end
      end
      print("crashes")
      io.stdout:flush()
      os.execute("kill -SEGV $PPID")
      """, to: "script.lua")
    let line = #"ulimit -c unlimited && "$0" "$1"; echo "exit $?"; ls"#
    let run = try ProgramRun(
      ["/bin/sh", "-c", line, ProgramRun.agentscript, file], in: folder.path,
      environment: [
        "AGENTSCRIPT_HOME": folder.path + "/.agentscript", "ANTHROPIC_API_KEY": AgentSecretsTests.canary,
        "SWIFT_BACKTRACE": "enable=no",
      ])
    #expect(run.output.hasPrefix("crashes\nexit 139\n"), "\(run.output)\(run.talk)")
    #expect(!run.output.split(separator: "\n").contains { $0.hasPrefix("core") }, "\(run.output)")
  }
}
