import Testing

@testable import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite struct StateDirectoryTests {
  @Test func TheFolderIsFoundByWalkingUpElseAtTheRepositorysRootElseHere() throws {
    let folder = try TemporaryFolder()
    for path in ["/repo", "/repo/.git", "/repo/a", "/repo/a/b", "/plain"] {
      #expect(mkdir(folder.path + path, 0o700) == 0)
    }
    func located(_ path: String, _ environment: [String: String] = [:]) throws -> String {
      let found = try StateDirectory.locate(from: folder.path + path, environment: environment).path
      return String(found.dropFirst(folder.path.count))
    }
    #expect(try located("/repo/a/b") == "/repo/.agentscript")
    #expect(try located("/plain") == "/plain/.agentscript")
    #expect(mkdir(folder.path + "/repo/a/.agentscript", 0o700) == 0)
    #expect(try located("/repo/a/b") == "/repo/a/.agentscript")
    #expect(try located("/repo") == "/repo/.agentscript")
    #expect(try located("/repo/a/b", ["AGENTSCRIPT_HOME": folder.path + "/other/"]) == "/other")
    #expect(try located("/repo/a", ["AGENTSCRIPT_HOME": "../here"]) == "/repo/here")
    #expect(try located("/plain", ["AGENTSCRIPT_HOME": ""]) == "/plain/.agentscript")
    #expect(try StateDirectory.locate(from: "/", environment: [:]).path == "/.agentscript")
  }

  @Test func WhatStandsWhereASandboxedJobMustNotMakeAFolderIsPassedOverAndCanBeTaken() throws {
    let folder = try TemporaryFolder()
    for path in ["/repo", "/repo/.git", "/repo/a"] { #expect(mkdir(folder.path + path, 0o700) == 0) }
    for path in ["/repo/a/.agentscript", "/repo/a/.git"] {
      #expect(mkdir(folder.path + path, 0o700) == 0 && chmod(folder.path + path, StateDirectory.placeholderMode) == 0)
    }
    #expect(
      try StateDirectory.locate(from: folder.path + "/repo/a", environment: [:]).path == folder.path
        + "/repo/.agentscript")
    let taken = StateDirectory(path: folder.path + "/repo/a/.agentscript")
    try taken.create()
    #expect(try StateDirectory.locate(from: folder.path + "/repo/a", environment: [:]) == taken)
    #expect(access(taken.jobsPath, W_OK) == 0)
  }

  @Test func AFolderThatOthersMayWriteToIsRefusedWithTheRemedy() throws {
    let folder = try TemporaryFolder()
    let planted = folder.path + "/.agentscript"
    #expect(mkdir(planted, 0o700) == 0)
    for mode: mode_t in [0o770, 0o707, 0o777, 0o1777] {
      #expect(chmod(planted, mode) == 0)
      let error = #expect(throws: StateDirectoryError.self) {
        try StateDirectory.locate(from: folder.path, environment: [:])
      }
      #expect(error?.code == .writableByOthers)
      #expect(error?.description.contains("run 'chmod go-w \(planted)'") == true)
      #expect(throws: RegistryError.self) { try Registry.open(StateDirectory(path: planted)) }
    }
    #expect(chmod(planted, 0o755) == 0)
    #expect(try StateDirectory.locate(from: folder.path, environment: [:]).path == planted)
  }

  @Test(.enabled(if: geteuid() == 0, "it takes root to give a folder away"))
  func AFolderOfAnotherUserIsRefusedWithTheRemedy() throws {
    let folder = try TemporaryFolder()
    let planted = folder.path + "/.agentscript"
    #expect(mkdir(planted, 0o700) == 0 && chown(planted, 1234, 1234) == 0)
    #expect(mkdir(folder.path + "/deep", 0o700) == 0)
    let error = #expect(throws: StateDirectoryError.self) {
      try StateDirectory.locate(from: folder.path + "/deep", environment: [:])
    }
    #expect(error?.code == .foreignOwner(owner: 1234, user: 0))
    #expect(error?.description.contains("belongs to user 1234 and you are user 0") == true)
    #expect(error?.description.contains("chown -R 0 \(planted)") == true)
  }

  @Test func JobsThatIsALinkOrAFileIsRefused() throws {
    let folder = try TemporaryFolder()
    #expect(mkdir(folder.state.path, 0o700) == 0)
    #expect(symlink("/tmp", folder.state.jobsPath) == 0)
    #expect(throws: StateDirectoryError.self) { try folder.state.create() }
    unlink(folder.state.jobsPath)
    _ = try folder.write([], to: "state/jobs")
    let error = #expect(throws: StateDirectoryError.self) { try folder.state.create() }
    #expect(error?.code == .notAFolder)
  }

  @Test func NoIdLeadsOutOfTheFolder() throws {
    let state = StateDirectory(path: "/s")
    for name in ["a", "a..", "a.b", "A-_.", "0.log"] {
      let id = try JobID(validating: name)
      for kind in StateDirectory.JobFile.allCases {
        let path = state.file(kind, of: id)
        #expect(path.hasPrefix("/s/jobs/" + name))
        #expect(path.utf8.filter { $0 == UInt8(ascii: "/") }.count == 3)
      }
    }
  }
}
