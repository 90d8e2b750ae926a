import Glibc
import Testing

@testable import Runtime

@Suite struct MachineSlotsTests {
  private func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = try ScratchFolder()
    return try body(folder.path + "/slots-here")
  }

  @Test func allWhoUseAFolderShareItsSlots() throws {
    try withFolder { folder in
      let one = MachineSlots(folder: folder, cap: 5, hasOwn: false)
      let other = MachineSlots(folder: folder, cap: 5, hasOwn: false)
      #expect((0..<3).allSatisfy { _ in one.take() })
      #expect((0..<2).allSatisfy { _ in other.take() })
      #expect(!one.take() && !other.take())
      other.give()
      #expect(one.take() && !other.take())
      #expect(one.heldCount == 4 && other.heldCount == 1)
      #expect(one.takeFault() == nil)
    }
  }

  @Test func whatEndsGivesAllItsSlotsBack() throws {
    try withFolder { folder in
      let last = MachineSlots(folder: folder, cap: 4, hasOwn: false)
      do {
        let first = MachineSlots(folder: folder, cap: 4, hasOwn: false)
        while first.take() {}
        #expect(!last.take())
        withExtendedLifetime(first) {}
      }
      #expect((0..<4).allSatisfy { _ in last.take() })
    }
  }

  @Test func aRunInsideAJobOwnsOneSlot() throws {
    try withFolder { folder in
      let full = MachineSlots(folder: folder, cap: 1, hasOwn: false)
      #expect(full.take())
      let nested = MachineSlots(folder: folder, cap: 1, hasOwn: true)
      #expect(nested.take(), "its parent's")
      #expect(!nested.take())
      nested.give()
      full.give()
      #expect(nested.take() && nested.take() && !nested.take())
    }
  }

  @Test func aFolderOfOthersIsNotUsed() throws {
    try withFolder { folder in
      #expect(mkdir(folder, 0o700) == 0 && chmod(folder, 0o777) == 0)
      let slots = MachineSlots(folder: folder, cap: 1, hasOwn: false)
      #expect(slots.take() && slots.take(), "without a file there is no cap")
      #expect(
        slots.takeFault()
          == "the slots of the machine are not counted: others may use \(folder); run: chmod 700 \(folder)")
      #expect(slots.takeFault() == nil, "it is told once")
      slots.give()
      slots.give()
      #expect(rmdir(folder) == 0 && symlink("/tmp", folder) == 0)
      let linked = MachineSlots(folder: folder, cap: 1, hasOwn: false)
      #expect(linked.take() && linked.takeFault() != nil)
    }
  }

  @Test func theEnvironmentSaysWhereAndHowMany() throws {
    let folder = try ScratchFolder()
    let own = MachineSlots(environment: ["XDG_RUNTIME_DIR": folder.path, MachineSlots.variable: "3"])
    #expect(own.cap == 3 && own.take())
    #expect(access(folder.path + "/agentscript/slots", F_OK) == 0)
    #expect(MachineSlots.folder(["XDG_RUNTIME_DIR": "relative"]) == "/tmp/agentscript-\(getuid())")
    #expect(MachineSlots.folder([:]) == "/tmp/agentscript-\(getuid())")
    let odd = MachineSlots(environment: [MachineSlots.variable: "none", "XDG_RUNTIME_DIR": folder.path])
    #expect(odd.cap == 1024)
    #expect(odd.takeFault()?.contains("AGENTSCRIPT_MACHINE_CONCURRENCY must be a whole number") == true)
  }

  @Test func aSlotCostsMicroseconds() throws {
    try withFolder { folder in
      let slots = MachineSlots(folder: folder, cap: 256, hasOwn: false)
      let begin = ContinuousClock.now
      for _ in 0..<20_000 {
        #expect(slots.take())
        slots.give()
      }
      #expect((ContinuousClock.now - begin) / 20_000 < .microseconds(100))
    }
  }

  /// Random taking and giving by several: never more than there are, and none is lost.
  @Test(arguments: 0..<10) func neverAreMoreTakenThanThereAre(seed: UInt64) throws {
    try withFolder { folder in
      var random = SplitMix(seed: seed)
      let cap = Int.random(in: 1...6, using: &random)
      let users = (0..<4).map { MachineSlots(folder: folder, cap: cap, hasOwn: $0 == 0) }
      for _ in 0..<400 {
        let user = users.randomElement(using: &random) ?? users[0]
        let held = users.reduce(0) { $0 + $1.heldCount }
        let own = users[0].heldCount > 0 ? 1 : 0
        if Bool.random(using: &random) {
          let mayTake = held - own < cap || (user === users[0] && own == 0)
          #expect(user.take() == mayTake)
        } else if user.heldCount > 0 {
          user.give()
        }
      }
    }
  }
}
