import FoundationEssentials
import Testing

@testable import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// That a finished file is whole and private, and an end durable before anybody hears of it.
@Suite struct DurabilityTests {
  @Test(.enabled(if: Probe.canTrace, "it takes strace, and leave to use it, to see the order of system calls"))
  func EachEndIsOnTheDiskBeforeItIsTold() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/calls"
    let probe = Probe("JobsProbe", ["live", folder.state.path, "24"], tracedInto: file)
    let told = try probe.output().split(separator: "\n").map(String.init)
    #expect(told.count == 24)
    let trace = try SystemCallTrace(contentsOf: file)
    let registry = try Registry.open(folder.state, readOnly: true)
    for id in told {
      let record = try #require(try registry.job(try JobID(validating: id)))
      #expect(trace.faults(inEndOf: id, run: record.run.rawValue, told: [""], hasLog: true) == [])
    }
    registry.close()
  }

  static let script = """
    local jobs = {}
    for number = 1, 6 do
      jobs[number] = spawn { command = "echo " .. number .. "; exit " .. number % 2 }
    end
    jobs[7] = spawn { command = { "sleep", "60" }, timeout = "100ms" }
    jobs[8] = spawn { command = { "sleep", "60" } }
    jobs[9] = spawn { fn = function() return { number = 9 } end }
    jobs[10] = spawn { fn = function() error("on purpose") end }
    jobs[8]:cancel("on purpose")
    for result in as_completed(jobs) do
      io.stdout:write("ended ", result.job, "\\n")
      io.stdout:flush()
    end
    """

  @Test(.enabled(if: Probe.canTrace, "it takes strace, and leave to use it, to see the order of system calls"))
  func WhatAScriptHearsOfIsOnTheDisk() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/calls"
    let script = try folder.write(Array(DurabilityTests.script.utf8), to: "script.lua")
    setenv(StateDirectory.variable, folder.state.path, 1)
    defer { unsetenv(StateDirectory.variable) }
    let probe = Probe("agentscript", [script], tracedInto: file, errorsInto: folder.path + "/errors")
    let told = try probe.output().split(separator: "\n").map(String.init)
    let trace = try SystemCallTrace(contentsOf: file)
    let registry = try Registry.open(folder.state, readOnly: true)
    let records = try registry.jobs()
    #expect(Set(told) == Set(records.map { "ended \($0.id)" }) && records.count == 10)
    #expect(Set(records.map(\.status)) == [.completed, .failed, .timedOut, .cancelled])
    for record in records {
      let faults = trace.faults(
        inEndOf: record.id.rawValue, run: record.run.rawValue,
        told: ["ended ", "finished ", "failed ", "timed out ", "cancelled "], hasLog: record.outputEnd != nil)
      #expect(faults == [])
    }
    registry.close()
  }

  @Test func NothingOfOursIsOpenToOthersWhateverTheUmask() throws {
    let folder = try TemporaryFolder()
    let probe = Probe(shell: "umask 000; exec \"$0\" \"$@\"", ["spread", folder.state.path])
    let text = try probe.output()
    #expect(probe.exitCode == 128 + SIGKILL, "\(text)")
    var seen: Set<String> = []
    func walk(_ path: String) {
      for name in FileIO.names(in: path) where name != "." && name != ".." {
        let mode = folder.mode("\(path)/\(name)")
        seen.insert(name)
        var info = stat()
        guard lstat("\(path)/\(name)", &info) == 0 else { continue }
        let isFolder = info.st_mode & S_IFMT == S_IFDIR
        #expect(mode & (isFolder ? 0o077 : 0o177) == 0, "\(path)/\(name) has the mode \(String(mode, radix: 8))")
        if isFolder { walk("\(path)/\(name)") }
      }
    }
    #expect(folder.mode(folder.state.path) == 0o700)
    walk(folder.state.path)
    // All kinds of files that there are were there.
    let expected = [
      "registry.db", "registry.db-wal", "registry.db-shm", "state.json", ".gitignore", "jobs", "long.log.gz",
      "long.json",
      "long.md", "plain.log", "live.log",
    ]
    #expect(Set(expected).subtracting(seen) == [])
  }
}
