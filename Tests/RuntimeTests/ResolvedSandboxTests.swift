import Glibc
import Testing

@testable import Runtime

/// What policies mean in a real folder.
@Suite struct ResolvedSandboxTests {
  private let folder: ScratchFolder
  private let base: String

  init() throws {
    folder = try ScratchFolder()
    base = folder.path
    for name in ["home", "home/.ssh", "home/notes", "project", "project/.git", "project/src", "other", "state"] {
      try #require(mkdir("\(base)/\(name)", 0o700) == 0)
    }
    _ = try folder.write("key", to: "home/.netrc")
  }

  private func resolve(
    _ policy: SandboxPolicy, in cwd: String = "project", state: String? = nil
  ) throws(SandboxFailure) -> ResolvedSandbox {
    let surroundings = SandboxSurroundings(
      workingDirectory: "\(base)/\(cwd)", homes: ["\(base)/home"], stateDirectory: state)
    return try ResolvedSandbox(policy, in: surroundings)
  }

  private func access(_ sandbox: ResolvedSandbox, _ name: String) -> SandboxView.Access {
    sandbox.view.access(to: AbsolutePath("\(base)/\(name)"))
  }

  private func sentence(_ policy: SandboxPolicy, in cwd: String = "project") -> String {
    do throws(SandboxFailure) {
      _ = try resolve(policy, in: cwd)
      return "accepted"
    } catch {
      return error.description
    }
  }

  @Test func readOnlyShowsAllButKeysAndWritesNothing() throws {
    let sandbox = try resolve(SandboxPolicy(read: [base]))
    #expect(access(sandbox, "home/notes") == .readable && access(sandbox, "project/src") == .readable)
    #expect(access(sandbox, "home/.ssh/id_rsa") == .hidden && access(sandbox, "home/.netrc") == .hidden)
    let everything = try resolve(.readOnly)
    #expect(everything.view.access(to: AbsolutePath("/etc/passwd")) == .readable)
    #expect(everything.view.access(to: AbsolutePath("/tmp/of-others")) == .temporary)
    #expect(access(everything, "project/src") == .readable, "the working directory is seen also in /tmp")
    #expect(!everything.view.entries.values.contains { $0.access == .writable })
  }

  @Test func theWorkspaceIsWritableButWhatOtherProgramsObey() throws {
    let sandbox = try resolve(.workspace)
    #expect(access(sandbox, "project/src/a.c") == .writable && access(sandbox, "project/new") == .writable)
    #expect(access(sandbox, "project/.git/hooks/x") == .readable)
    #expect(access(sandbox, "project/.agentscript/x") == .readable, "not there, and not to be made")
    #expect(sandbox.forbidden.map(\.text) == ["\(base)/project/.agentscript"])
    #expect(access(sandbox, "other") != .writable)
  }

  @Test func foldersAboveTheWorkingDirectoryAreProtectedToo() throws {
    let sandbox = try resolve(SandboxPolicy(write: [base + "/project"]), in: "project/src")
    let forbidden = Set(sandbox.forbidden.map { $0.text.dropFirst(base.count) })
    #expect(forbidden == ["/project/.agentscript", "/project/src/.git", "/project/src/.agentscript"])
    #expect(sandbox.view.entries[AbsolutePath("\(base)/project/src")]?.access == .writable, "a folder that is pinned")
  }

  @Test func theFolderBehindAGitFileIsProtected() throws {
    try #require(mkdir("\(base)/project/src/gd", 0o700) == 0)
    _ = try folder.write("gitdir: gd\n", to: "project/src/.git")
    let sandbox = try resolve(.workspace, in: "project/src")
    #expect(access(sandbox, "project/src/.git") == .readable && access(sandbox, "project/src/gd/hooks") == .readable)
  }

  @Test func theStateFolderIsProtectedWhereverItLies() throws {
    let sandbox = try resolve(SandboxPolicy(write: [base + "/state"]), state: base + "/state/here")
    #expect(access(sandbox, "state/here/jobs") == .readable && access(sandbox, "state/else") == .writable)
  }

  @Test func whatIsListedItselfIsNeitherHiddenNorProtected() throws {
    let sandbox = try resolve(SandboxPolicy(read: ["~/.ssh"], write: [".", ".git"]))
    #expect(access(sandbox, "home/.ssh/id_rsa") == .readable && access(sandbox, "project/.git/hooks") == .writable)
  }

  @Test func aListOfReadingIsAllBesideTheSystem() throws {
    let sandbox = try resolve(SandboxPolicy(read: ["src"]))
    #expect(access(sandbox, "project/src/a") == .readable && access(sandbox, "other") != .readable)
    #expect(access(sandbox, "project/.git") != .readable && access(sandbox, "home/notes") != .readable)
    #expect(sandbox.view.access(to: AbsolutePath("/usr/bin/env")) == .readable && sandbox.canRead("/bin/sh"))
    let nothing = try resolve(SandboxPolicy(read: []))
    #expect(nothing.view.access(to: AbsolutePath("/var/lib")) == .hidden && nothing.canRead("/bin/sh"))
    #expect(!nothing.canRead("\(base)/project/src"))
  }

  @Test func aPathThatIsNotThereIsNamed() {
    #expect(sentence(SandboxPolicy(read: ["sorce"])) == "sandbox: read: 'sorce' is not there (\(base)/project/sorce)")
    #expect(sentence(SandboxPolicy(write: ["~/no"])) == "sandbox: write: '~/no' is not there (\(base)/home/no)")
    #expect(sentence(SandboxPolicy(write: ["~/.netrc/x"])).contains("a part of its path is no folder"))
    #expect(sentence(SandboxPolicy(), in: "gone") == "the folder '\(base)/gone' is not there")
  }

  @Test func nonsenseIsRefused() {
    #expect(
      sentence(SandboxPolicy(read: ["a\0b"])) == "sandbox: read: a path contains a NUL byte")
    #expect(sentence(SandboxPolicy(read: [""])) == "sandbox: read: a path is empty")
    #expect(sentence(SandboxPolicy(read: ["~root/x"])).contains("only '~' and '~/…' mean a home folder"))
    #expect(sentence(SandboxPolicy(read: ["/dev/null"])).contains("lies in /dev, of which a sandbox has its own"))
    #expect(sentence(SandboxPolicy(write: ["/proc/self"])).contains("lies in /proc"))
    #expect(sentence(SandboxPolicy(write: ["/sys"])).contains("cannot be made writable"))
  }

  @Test(arguments: ["/", "~", "/tmp/../"])
  func whatHoldsTheHomeFolderCannotBeWritten(_ path: String) {
    let sentence = sentence(SandboxPolicy(write: [path]))
    #expect(sentence.contains("cannot be made writable") || sentence.contains("which holds the home folder"))
  }

  @Test func aLinkOutOfTheWorkingDirectoryIsRefused() throws {
    try #require(symlink("\(base)/other", "\(base)/project/out") == 0)
    #expect(sentence(SandboxPolicy(write: ["out"])).contains("leads out of the working directory, to '\(base)/other'"))
    try #require(symlink("src", "\(base)/project/in") == 0)
    #expect(
      access(try resolve(SandboxPolicy(write: ["in"])), "project/src") == .writable, "one that stays inside is not")
  }

  @Test func aLinkWhereSomethingIsProtectedIsRefused() throws {
    try #require(rmdir("\(base)/project/.git") == 0 && symlink("../other", "\(base)/project/.git") == 0)
    #expect(
      sentence(.workspace).contains("'\(base)/project/.git' is a symbolic link in a folder that the job may change"))
  }

  @Test func theOptionsOfBubblewrapComeInTheOrderOfTheTree() throws {
    let sandbox = try resolve(.workspace)
    let words = BubblewrapArguments.words(for: sandbox, .init(status: 5, filter: 6))
    let line = words.joined(separator: " ")
    for part in [
      "--unshare-pid", "--unshare-net", "--unshare-ipc", "--die-with-parent", "--cap-drop ALL", "--new-session",
    ] {
      #expect(line.contains(part))
    }
    let order = [
      "--ro-bind / /", "--tmpfs /tmp", "--bind \(base)/project \(base)/project",
      "--ro-bind \(base)/project/.git \(base)/project/.git", "--chdir \(base)/project",
      "--json-status-fd 5 --seccomp 6 --",
    ]
    let places = order.map { line.firstRange(of: $0)?.lowerBound }
    #expect(!places.contains(nil) && zip(places, places.dropFirst()).allSatisfy { $0! < $1! }, "\(line)")
    let open = try BubblewrapArguments.words(for: resolve(SandboxPolicy(net: true)), .init(status: 5, filter: 6))
    #expect(!open.contains("--unshare-net"))
  }

  @Test func pinnedPathsAreGivenAsDescriptors() throws {
    let sandbox = try resolve(.workspace)
    var setting = BubblewrapArguments.Setting(status: 5, filter: 6, keepsSession: true)
    for (index, path) in BubblewrapArguments.pinnable(sandbox).enumerated() where path.name != ".agentscript" {
      setting.pinned[path] = Int32(20 + index)
    }
    let words = BubblewrapArguments.words(for: sandbox, setting)
    let bind = try #require(words.firstIndex(of: "--bind-fd"))
    #expect(words[bind + 2] == "\(base)/project" && !words.contains("--new-session") && !words.contains("--bind"))
  }
}

/// Which means is taken, and what is said where there is none.
@Suite struct SandboxChoiceTests {
  private let bubblewrap = SandboxSupport.Bubblewrap(
    path: "/usr/bin/bwrap", asksForUserNamespace: false, takesDescriptors: true)
  private let landlock = SandboxSupport.Landlock(version: 7, hasNetworkNamespaces: true)

  private func support(bubblewrap works: Bool, landlock too: Bool) -> SandboxSupport {
    SandboxSupport(
      bubblewrap: works ? .works(bubblewrap) : .fails("bwrap is not there; \(SandboxSupport.remedy)"),
      landlock: too ? .works(landlock) : .fails("Landlock is not in this kernel"))
  }

  @Test func bubblewrapComesFirstThenLandlockThenNothing() throws {
    #expect(try SandboxLaunch.choose(support(bubblewrap: true, landlock: true), forced: nil) == .bubblewrap(bubblewrap))
    #expect(try SandboxLaunch.choose(support(bubblewrap: false, landlock: true), forced: "") == .landlock(landlock))
    let failure = #expect(throws: SandboxFailure.self) {
      try SandboxLaunch.choose(support(bubblewrap: false, landlock: false), forced: nil)
    }
    #expect(failure?.code == .unavailable)
    #expect(
      failure?.description == "the job cannot be confined, so it is not run: bwrap is not there; "
        + "install bubblewrap (apt-get install bubblewrap); Landlock is not in this kernel")
  }

  @Test func aForcedMeansIsUsedOrNothingIs() throws {
    let all = support(bubblewrap: true, landlock: true)
    #expect(try SandboxLaunch.choose(all, forced: "landlock") == .landlock(landlock))
    #expect(throws: SandboxFailure.self) {
      try SandboxLaunch.choose(support(bubblewrap: false, landlock: true), forced: "bwrap")
    }
    #expect(throws: SandboxFailure.self) {
      try SandboxLaunch.choose(support(bubblewrap: true, landlock: false), forced: "landlock")
    }
    #expect(throws: SandboxFailure.self) { try SandboxLaunch.choose(all, forced: "none") }
  }

  @Test func theReportHasASentenceForEachMeans() {
    let sentences = support(bubblewrap: false, landlock: true).sentences
    #expect(sentences.map(\.works) == [false, true] && sentences.map(\.tier) == [.bubblewrap, .landlock])
    #expect(sentences[1].sentence == "Landlock works (version 7)")
    let old = SandboxSupport(
      bubblewrap: .works(bubblewrap), landlock: .works(.init(version: 4, hasNetworkNamespaces: false)))
    #expect(old.sentences[0].sentence == "/usr/bin/bwrap works")
    #expect(old.sentences[1].sentence.contains("have no loopback either, jobs can signal"))
  }

  @Test func theRecordOfBubblewrapIsReadAsDigitsOnly() {
    let text = "{ \"child-pid\": 12305, \"mnt-namespace\": 4026532177 }\n{ \"exit-code\": 7 }\n"
    let fields = SandboxLaunch.fields(ArraySlice(text.utf8))
    #expect(fields == ["child-pid": 12305, "mnt-namespace": 4_026_532_177, "exit-code": 7])
    #expect(SandboxLaunch.fields(ArraySlice("{ \"exit-code\": +7 }{ \"exit-code\": -1 } x".utf8)) == [:])
  }
}
