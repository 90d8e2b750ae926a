import Foundation
import Glibc
import Jobs
import Testing

@testable import Runtime

/// A secret goes through a whole program, in all the ways that come to mind, and is in nothing that we wrote.
@Suite struct SecretsTests {
  /// Quotes, a backslash, a slash and more than ASCII: all its encodings differ.
  private static let canary = #"cAnArY-7/+"x"&é\9~end-of-it"#
  private static let jobsOwn = "oWnCaNaRy:0123/4567+end"

  private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

  private static func url(_ text: String) -> String {
    text.utf8.map { byte in
      let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      return isPlain || byte == 0x2D ? String(UnicodeScalar(byte)) : "%" + String(byte, radix: 16, uppercase: true)
    }.joined()
  }

  private static func json(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }

  /// What gives a secret away: its encodings, and what it begins and ends with.
  private static let traces = [canary, jobsOwn].flatMap { secret in
    [
      secret, String(secret.prefix(9)), String(secret.suffix(9)), base64(secret), String(base64(secret).prefix(12)),
      base64("x" + secret), base64("xy" + secret), url(secret), json(secret),
      json(secret).replacing("é", with: "\\u00e9"),
    ]
  }

  private static func hits(in bytes: some Collection<UInt8>, _ name: String) -> [String] {
    let text = Array(bytes)
    return traces.filter { trace in text.firstRange(of: Array(trace.utf8)) != nil }.map { "\(name): \($0)" }
  }

  private static let environment = [
    "DEMO_API_TOKEN": canary, "DEMO_RAW": jobsOwn, "DEMO_B64": base64("user:" + canary), "DEMO_URL": url(canary),
    "DEMO_JSON": json(canary).replacing("é", with: "\\u00e9"),
  ]

  private static let script = #"""
    local secret, own = os.getenv "DEMO_API_TOKEN", os.getenv "DEMO_RAW"
    local quote = require("shell").quote
    local function job(spec) return wait(spawn(spec)) end

    local given = job { name = "given", command = 'test "$DB_PASSWORD" = "$DEMO_RAW"', env = { DB_PASSWORD = own } }
    assert(given.success, "the command sees what it is given")
    local exact = job { name = "in-text", command = "printf %s " .. quote(secret) .. " " .. quote(own) }
    assert(exact.output == secret .. own, "what is executed holds the secret")
    assert(job { name = "in-list", command = { "printf", "%s%s", secret, own } }.output == secret .. own)
    for _, form in ipairs { "DEMO_API_TOKEN", "DEMO_RAW", "DEMO_B64", "DEMO_URL", "DEMO_JSON" } do
      local line = 'echo "[PROGRESS] 40% with $' .. form .. '"; echo "the token is: $' .. form .. '"; exit 3'
      local result = job { name = "says-" .. form, command = line, retries = 1, retry_delay = 10 }
      assert(not result.error:find(secret, 1, true) and result.error:find("redacted", 1, true), result.error)
    end
    job { name = "named " .. secret, description = "described " .. own, agent = "agent " .. secret, command = "true" }
    job { command = quote(secret .. "/" .. own) .. " --now" }
    job { command = { secret, "x" } }
    job { name = "input", command = "cat; exit 2", stdin = secret .. "\n" .. own }
    job { name = "late", command = 'echo "$DEMO_API_TOKEN"; sleep 60', timeout = "300ms" }
    job { name = "silent", command = 'echo "$DEMO_API_TOKEN"; sleep 60', idle_timeout = "300ms" }
    job { name = "much", command = 'while echo "$DEMO_API_TOKEN"; do :; done', limits = { output = "64K" } }
    job { name = "long", command = 'for i in $(seq 3000); do printf "%s " "$DEMO_API_TOKEN"; done; exit 1' }
    job { name = "one-line", command = 'printf "%05000d%s%0190d" 1 "$DEMO_API_TOKEN" 2; exit 1' }
    local group = task_group({
      { id = "first", command = 'echo "$DEMO_RAW" >&2; exit 1', name = "g " .. secret },
      { id = "second", command = "true", dependencies = { "first" }, description = secret },
    })
    assert(not group.success)
    local returned = job { name = "fn", fn = function()
      log("in a job: " .. secret)
      progress(0.5, "halfway with " .. own)
      return { token = secret, list = { own } }
    end }
    assert(returned.data.token == secret and returned.data.list[1] == own, "values stay whole in the script")
    assert(job { name = "text", fn = function() return secret end }.output == secret)
    job { name = "raises", fn = function() error("raised " .. secret .. own) end }
    local cancelled = spawn { name = "cancelled", command = "sleep 60" }
    cancelled:cancel("because of " .. secret)
    wait(cancelled)
    local refused, why = pcall(spawn, { id = "demo-key-0451", command = "true", env = { DOOR_KEY = "key-0451" } })
    assert(not refused and why:find("[redacted DOOR_KEY]", 1, true), why)
    job { name = "ourselves", command = [[
      cp "$AGENTSCRIPT_HOME"/registry.db* "$AGENTSCRIPT_HOME"/state.json copies
      for process in /proc/[0-9]*; do
        if [ "$(readlink $process/exe)" = "$PROGRAM" ]; then tr '\0' '\n' < $process/cmdline >> copies/ours; fi
      done]] }
    log("the script's own line", secret, own)
    progress("a report with " .. own)
    error("the end, with " .. secret .. " and " .. own)
    """#

  @Test func aSecretIsInNothingThatWeWrote() throws {
    let folder = try ScratchFolder()
    _ = try folder.write(Self.script, to: "demo.lua")
    #expect(mkdir(folder.path + "/copies", 0o700) == 0)
    let home = folder.path + "/state"
    let base = ["AGENTSCRIPT_HOME": home, "PROGRAM": ProgramRun.agentscript]
    let run = try ProgramRun(
      [ProgramRun.agentscript, "demo.lua", "--password=" + Self.canary], in: folder.path,
      environment: base.merging(Self.environment) { $1 })
    #expect(run.exitCode == 1 && run.talk.contains("the end, with [redacted DEMO_API_TOKEN]"), "\(run.talk)")
    #expect(run.talk.contains("a report with [redacted DB_PASSWORD]"))

    var hits = Self.hits(in: run.talk.utf8, "standard error")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/copies").map { "copies/" + $0 }
    #expect(files.contains("copies/ours") && files.contains("copies/registry.db-wal"), "\(files)")
    var bodies = 0
    for file in files + Self.files(in: home, below: folder.path) {
      // The arguments are the caller's; the script is not ours.
      if file == "copies/ours" { continue }
      var bytes = try Data(contentsOf: URL(filePath: folder.path + "/" + file))
      if file.hasSuffix(".log"), let body = try Self.commandBody(of: file, bytes, home) {
        bodies += Self.hits(in: bytes[body], file).isEmpty ? 0 : 1
        bytes.removeSubrange(body)
      }
      hits += Self.hits(in: bytes, file)
    }
    #expect(hits == [])
    #expect(bodies >= 9, "what jobs print stays in their logs as it is")
    let ours = String(decoding: try Data(contentsOf: URL(filePath: folder.path + "/copies/ours")), as: UTF8.self)
    #expect(ours.contains("demo.lua"))
    #expect(Self.hits(in: ours.replacing(Self.canary, with: "").utf8, "argv") == [])
    try expectNothingShown(folder.path, base)
  }

  /// What the commands show afterwards.
  private func expectNothingShown(_ folder: String, _ base: [String: String]) throws {
    let ids = try ProgramRun([ProgramRun.agentscript, "jobs", "--all", "-q"], in: folder, environment: base)
    let words = ids.output.split(separator: "\n").map(String.init)
    #expect(words.count >= 20)
    var environment = base.merging(Self.environment) { $1 }
    environment["AGENTSCRIPT_SECRETS"] = "DEMO_RAW"
    for arguments in [
      ["jobs", "--all"], ["jobs", "--all", "--json"], ["results"] + words, ["results", "--json"] + words,
    ] {
      let shown = try ProgramRun([ProgramRun.agentscript] + arguments, in: folder, environment: environment)
      #expect(shown.exitCode == 0, "\(shown.talk)")
      #expect(Self.hits(in: (shown.output + shown.talk).utf8, arguments[0]) == [])
    }
    for id in words {
      let page = try ProgramRun([ProgramRun.agentscript, "show", id], in: folder, environment: environment)
      // Without the environment too: the record itself holds nothing.
      let json = try ProgramRun([ProgramRun.agentscript, "show", id, "--json"], in: folder, environment: base)
      #expect(page.exitCode == 0 && json.exitCode == 0)
      #expect(Self.hits(in: (page.output + page.talk + json.output + json.talk).utf8, "show \(id)") == [])
    }
  }

  private static func files(in home: String, below folder: String) -> [String] {
    let found = FileManager.default.subpaths(atPath: home) ?? []
    return found.filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: home + "/" + name, isDirectory: &isFolder) && !isFolder.boolValue
    }.map { home.dropFirst(folder.count + 1) + "/" + $0 }
  }

  /// Where in its log a command's own output lies, of all its attempts; nil for other jobs.
  private static func commandBody(of file: String, _ bytes: Data, _ home: String) throws -> Range<Int>? {
    let registry = try Registry.open(StateDirectory(path: home), readOnly: true)
    defer { registry.close() }
    let name = file.split(separator: "/").last?.dropLast(4) ?? ""
    guard let job = try registry.job(try JobID(validating: String(name))), job.kind == .command,
      let end = job.outputEnd, let start = bytes.firstRange(of: Data("\n\n".utf8))?.upperBound
    else { return nil }
    return start..<max(start, end)
  }
}
