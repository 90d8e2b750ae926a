import Foundation
import Jobs
import Runtime
import Testing

@testable import agentscript

/// What `agentscript doctor` makes of machines and folders, and that it tells the truth about this one.
@Suite struct DoctorTests {
  private static let healthy = MachineFacts(
    system: "Linux 6.1.0 x86_64", lua: "Lua 5.4.6", openFiles: .init(soft: 1024, hard: 4096),
    processes: .init(soft: nil, hard: nil), coreFile: .init(soft: 0, hard: nil), hasProcessDescriptors: true,
    userNamespaceError: 0, hasShell: true, sandbox: .init(works: true, finding: "bwrap works", remedy: ""))
  private static let held = ContainmentSurvey(
    cgroup: .usable(CgroupPlace(path: "/sys/fs/cgroup/x", controllers: [])), hasSubreaper: true)

  private func verdicts(_ facts: MachineFacts, _ survey: ContainmentSurvey = held) -> [String: String] {
    Dictionary(uniqueKeysWithValues: MachineChecks.all(facts, survey).map { ($0.name, $0.verdict.rawValue) })
  }

  @Test func aGoodMachineHasNothingToMend() {
    #expect(Set(verdicts(Self.healthy).values) == ["ok"])
    #expect(MachineChecks.all(Self.healthy, Self.held).allSatisfy { $0.fix == nil })
  }

  @Test func whatKeepsJobsFromRunningIsAProblemAndTheRestAWarning() {
    var facts = Self.healthy
    facts.hasShell = false
    facts.openFiles = .init(soft: 20, hard: 20)
    facts.processes = .init(soft: 50, hard: 50)
    facts.coreFile = .init(soft: nil, hard: nil)
    facts.hasProcessDescriptors = false
    facts.userNamespaceError = 1
    facts.sandbox = .init(works: false, finding: "no bwrap, no Landlock", remedy: "install bubblewrap")
    let survey = ContainmentSurvey(cgroup: .unusable("no cgroup v2 is mounted"), hasSubreaper: true)
    let checks = MachineChecks.all(facts, survey)
    #expect(checks.filter { $0.verdict == .problem }.map(\.name) == ["shell", "open files"])
    #expect(
      checks.filter { $0.verdict == .warning }.map(\.name) == [
        "containment", "sandbox", "pidfd", "processes", "core files",
      ])
    #expect(checks.allSatisfy { ($0.fix != nil) == ($0.verdict == .problem || $0.verdict == .warning) })
    #expect(!DoctorReport(checks: checks).isUsable)
    facts.openFiles = .init(soft: 100, hard: 100_000)
    #expect(verdicts(facts)["open files"] == "warning")
    #expect(MachineChecks.all(facts, survey).first { $0.name == "open files" }?.fix == "ulimit -n 4096")
  }

  @Test(arguments: [
    ("ext4", "ok"), ("btrfs", "ok"), ("overlay", "ok"), ("fuseblk", "ok"), ("", "ok"), ("tmpfs", "warning"),
    ("nfs4", "problem"), ("fuse.sshfs", "problem"), ("9p", "problem"), ("cifs", "problem"),
  ])
  func theKindOfAFileSystemCounts(_ type: String, _ verdict: String) {
    #expect(StateChecks.kind(FileSystemFacts(type: type, freeBytes: 1)).verdict.rawValue == verdict)
  }

  @Test(arguments: [(Int64(1) << 29, "problem"), (Int64(3) << 29, "warning"), (Int64(2) << 30, "ok")])
  func spaceCounts(_ free: Int64, _ verdict: String) {
    #expect(StateChecks.space(FileSystemFacts(type: "ext4", freeBytes: free)).verdict.rawValue == verdict)
    let small = FileSystemFacts(type: "ext4", freeBytes: free, floor: 1 << 20)
    #expect(StateChecks.space(small).verdict == .ok)
  }

  // MARK: The program

  private func check(_ program: Program, _ name: String, through shell: String? = nil) throws -> (
    code: Int32, verdict: String?, fix: String?
  ) {
    let result = program.run("doctor", "--json", through: shell)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    #expect(object["usable"] as? Bool == (result.code == 0))
    let checks = try #require(object["checks"] as? [[String: Any]])
    let check = checks.first { $0["name"] as? String == name }
    return (result.code, check?["verdict"] as? String, check?["fix"] as? String)
  }

  @Test func itIsContentWithAFolderThatWorks() async throws {
    let program = Program()
    let empty = program.run("doctor")
    #expect(empty.code == 0 && empty.errors == "", "\(empty.text)")
    #expect(empty.text.contains("will be made by the first job") && empty.text.contains("docs/threat-model.md"))
    #expect(!FileManager.default.fileExists(atPath: program.state.path), "looking makes nothing")
    _ = program.run("-e", "task { command = 'true' }")
    let used = program.run("doctor", through: "DEMO_TOKEN=0123456789 exec \"$0\" \"$@\"")
    #expect(used.code == 0 && used.text.contains("sound, 1 job"), "\(used.text)")
    #expect(used.text.contains("kept out of records: DEMO_TOKEN") && !used.text.contains("0123456789"))
  }

  @Test func itTellsWhatKeepsJobsFromRunning() async throws {
    let program = Program()
    #expect(try check(program, "open files", through: "ulimit -n 30; exec \"$0\" \"$@\"").verdict == "problem")
    _ = program.run("-e", "task { command = 'true' }")
    chmod(program.state.path, 0o777)
    let shared = program.run("doctor")
    #expect(shared.code == 1 && shared.text.contains("chmod go-w"), "\(shared.text)")
    chmod(program.state.path, 0o700)
    #expect(try check(program, "state").code == 0)
    // No connection is open in this process.
    let file = try #require(FileHandle(forUpdatingAtPath: program.state.registryPath))
    try file.seek(toOffset: 4096)
    try file.write(contentsOf: Data(repeating: 0x5A, count: 40_000))
    try file.close()
    let damaged = try check(program, "registry")
    #expect(damaged.code == 1 && damaged.verdict == "problem")
  }

  @Test func itTellsWhatEarlierRunsLeft() async throws {
    let program = Program()
    let dead = ProcessIdentity(pid: 1 << 22, started: 1, boot: ProcessIdentity.bootID())
    let jobs = try SampleJobs(program.state, owner: dead)
    _ = try await jobs.running("left-behind")
    jobs.registry.close()
    let result = program.run("doctor")
    #expect(result.code == 0 && result.text.contains("the last is left-behind; no job is under way"), "\(result.text)")
  }
}
