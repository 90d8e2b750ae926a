import Glibc
import LuaBindings
import Synchronization
import Testing

@testable import Runtime

/// The functions of agentscript.host by name, on a folder of the test's own.
private struct System: Sendable {
  private let scratch: ScratchFolder
  var folder: String { scratch.path }
  private let functions = Dictionary(uniqueKeysWithValues: SystemFunction.all.map { ($0.name, $0) })

  init() throws { scratch = try ScratchFolder() }

  func path(_ name: String) -> LuaValue { .text(folder + "/" + name) }

  func callAsFunction(_ name: String, _ arguments: LuaValue...) throws -> [LuaValue] {
    try functions[name]!(arguments).get()
  }

  /// The sorted names in the folder.
  func names() throws -> [String] {
    try FolderEntry.all(in: SystemPath(Array(folder.utf8))).map { String(decoding: $0.name, as: UTF8.self) }.sorted()
  }
}

@Suite struct SystemFunctionTests {
  @Test func aReaderSeesTheOldFileOrTheNewOneWhileItIsReplaced() async throws {
    let system = try System()
    let texts = ["a", "b"].map { LuaValue.string(Array(String(repeating: $0, count: 20_000).utf8)) }
    _ = try system("write_file", system.path("f"), texts[0], "replace")
    let isOver = Atomic(false)
    async let torn: Int = {
      var torn = 0
      for _ in 0..<5_000 {
        let bytes = try system("read_file", system.path("f"))
        if !texts.contains(bytes[0]) { torn += 1 }
      }
      isOver.store(true, ordering: .relaxed)
      return torn
    }()
    var turn = 0
    while !isOver.load(ordering: .relaxed) {
      _ = try system("write_file", system.path("f"), texts[turn % 2], "replace")
      turn += 1
    }
    #expect(try await torn == 0)
    #expect(turn > 0)
    #expect(try system.names() == ["f"])
  }

  @Test func aFailedWriteLeavesTheOldFileAndNothingElse() throws {
    let system = try System()
    // A folder where the new file should go: the rename fails.
    _ = try system("mkdir", system.path("d"))
    let answer = try system("write_file", system.path("d"), "x", "replace")
    #expect(answer == [nil, "Is a directory", .integer(Int64(EISDIR))])
    #expect(try system("copy_file", system.path("gone"), system.path("new"), true).first == .nil)
    #expect(try system.names() == ["d"])
  }

  @Test func onlyOneOfManyCreatesTheFile() async throws {
    let system = try System()
    let winners = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<50 {
        group.addTask {
          try system("write_file", system.path("lock"), .text("\(number)"), "create") == [true] ? number : -1
        }
      }
      return try await group.reduce(into: [Int]()) { if $1 >= 0 { $0.append($1) } }
    }
    #expect(winners.count == 1)
    #expect(try system("read_file", system.path("lock")) == [.text("\(winners[0])")])
    #expect(try system.names() == ["lock"])
  }

  @Test func aLinkToNowhereIsWrittenThrough() throws {
    let system = try System()
    _ = try system("symlink", "target", system.path("link"))
    #expect(try system("write_file", system.path("link"), "x", "create")[2] == .integer(Int64(EEXIST)))
    #expect(try system("write_file", system.path("link"), "x", "replace") == [true])
    #expect(try system("readlink", system.path("link")) == ["target"])
    #expect(try system("read_file", system.path("target")) == ["x"])
  }

  @Test(.timeLimit(.minutes(1))) func aPipeWithoutAWriterIsEmptyAndHoldsNobodyUp() throws {
    let system = try System()
    #expect(mkfifo(system.folder + "/pipe", 0o600) == 0)
    #expect(try system("read_file", system.path("pipe")) == [""])
    guard case .table(let status) = try system("stat", system.path("pipe"), false)[0] else {
      Issue.record("no table")
      return
    }
    #expect(status["type"] == "fifo")
  }

  @Test func aFileThatNoStringShouldHoldIsRefused() throws {
    let system = try System()
    _ = try system("write_file", system.path("big"), "x", "replace")
    #expect(truncate(system.folder + "/big", off_t(FileContents.largest) + 1) == 0)
    #expect(try system("read_file", system.path("big")) == [nil, "File too large", .integer(Int64(EFBIG))])
    #expect(try system("read_file", system.path("big"), 0, 3) == [.string([0x78, 0, 0])])
  }

  @Test func aFolderDeeperThanAnyPathIsRemoved() throws {
    let system = try System()
    let name = String(repeating: "d", count: 200)
    _ = try system("mkdir", system.path("top"))
    var folder = open(system.folder + "/top", O_RDONLY | O_DIRECTORY)
    for _ in 0..<100 {
      #expect(mkdirat(folder, name, 0o700) == 0)
      let next = openat(folder, name, O_RDONLY | O_DIRECTORY)
      close(folder)
      folder = next
    }
    close(folder)
    #expect(try system("remove", system.path("top"), true) == [true])
    #expect(try system("stat", system.path("top"), false)[2] == .integer(Int64(ENOENT)))
  }

  @Test func aFolderThatBecomesALinkLeadsRemovalNowhereElse() async throws {
    let system = try System()
    _ = try system("mkdir", system.path("precious"))
    _ = try system("write_file", system.path("precious/file"), "x", "replace")
    let swapped = system.folder + "/tree/d", spare = system.folder + "/spare"
    let isOver = Atomic(false)
    async let swaps: Void = {
      while !isOver.load(ordering: .relaxed) {
        rename(swapped, spare)
        symlink(system.folder + "/precious", swapped)
        unlink(swapped)
        rename(spare, swapped)
      }
    }()
    for _ in 0..<300 {
      _ = try system("mkdir", system.path("tree"))
      _ = try system("mkdir", system.path("tree/d"))
      _ = try system("write_file", system.path("tree/d/x"), "", "replace")
      _ = try system("remove", system.path("tree"), true)
      _ = try system("remove", system.path("spare"), true)
    }
    isOver.store(true, ordering: .relaxed)
    await swaps
    #expect(try system("read_file", system.path("precious/file")) == ["x"])
  }

  @Test func namesThatAreNotUTF8ComeBackByteForByte() throws {
    let system = try System()
    let name: [UInt8] = [0xFF, 0xC3, 0x28]
    let path = LuaValue.string(Array(system.folder.utf8) + [0x2F] + name)
    #expect(try system("write_file", path, "x", "replace") == [true])
    #expect(
      try system("list", .text(system.folder)) == [
        .table(LuaTable(array: [.string(name)])), .table(LuaTable(array: ["file"])),
      ])
  }

  @Test func aByteThatEndsCStringsIsRefusedEverywhere() throws {
    let bad = LuaValue.string([0x61, 0, 0x62])
    for function in SystemFunction.all where !["now", "monotonic", "environ", "pid", "cwd"].contains(function.name) {
      let arguments: [LuaValue] = function.name == "temporary" ? [bad, "", ""] : [bad, bad, "replace"]
      #expect(try function(arguments).get().last == .integer(Int64(EINVAL)), "\(function.name)")
    }
  }
}
