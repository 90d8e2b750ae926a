import Testing

@testable import Runtime

/// Decisions about limits and room, each a pure function of what was seen.
@Suite struct LimitDecisionTests {
  private func limits(_ change: (inout JobLimits) -> Void) -> JobLimits {
    var limits = JobLimits()
    change(&limits)
    return limits
  }

  @Test func aLimitWarnsOnceAndEndsOnce() {
    var state = LimitState(limits: limits { $0.output = 1000 }, timeLimit: nil)
    #expect(state.look(at: UsageSample(output: 799), age: .seconds(1)) == [])
    #expect(
      state.look(at: UsageSample(output: 800), age: .seconds(2))
        == [.warning("80 % of the limit of 1000 bytes of output is used up")])
    #expect(state.look(at: UsageSample(output: 1000), age: .seconds(3)) == [])
    #expect(state.look(at: UsageSample(output: 1001), age: .seconds(4)) == [.exceeded(.output(1000))])
    #expect(state.look(at: UsageSample(output: 9999), age: .seconds(5)) == [])
  }

  @Test func anySignOfLifeBeginsTheIdleTimeAnew() {
    var state = LimitState(limits: limits { $0.idle = .seconds(10) }, timeLimit: nil)
    var sample = UsageSample()
    #expect(state.look(at: sample, age: .seconds(7)) == [])
    sample.cpu = .milliseconds(10)
    #expect(state.look(at: sample, age: .seconds(9)) == [])
    sample.output = 1
    #expect(state.look(at: sample, age: .seconds(15)) == [])
    sample.transferred = 5
    #expect(state.look(at: sample, age: .seconds(20)) == [])
    // A look that did not measure says nothing about life.
    #expect(state.look(at: UsageSample(output: 1), age: .seconds(25)) == [])
    #expect(
      state.look(at: UsageSample(output: 1), age: .seconds(28))
        == [.warning("80 % of the limit of 10s of time without a sign of life is used up")])
    #expect(state.look(at: sample, age: .seconds(30)) == [.exceeded(.idle(.seconds(10)))])
  }

  @Test func theLimitOfTimeIsWarnedOfAndEndedElsewhere() {
    var state = LimitState(limits: JobLimits(), timeLimit: .seconds(100))
    #expect(state.look(at: UsageSample(), age: .seconds(79)) == [])
    #expect(state.look(at: UsageSample(), age: .seconds(80)).count == 1)
    #expect(state.look(at: UsageSample(), age: .seconds(200)) == [])
  }

  @Test func memoryAndCPUTimeCountWhereTheyWereMeasured() {
    var state = LimitState(
      limits: limits {
        $0.memory = 64 << 20
        $0.cpu = .seconds(1)
      }, timeLimit: nil)
    #expect(state.look(at: UsageSample(), age: .seconds(1)) == [])
    #expect(state.look(at: UsageSample(memory: 65 << 20), age: .seconds(2)) == [.exceeded(.memory(64 << 20))])
    state = LimitState(limits: limits { $0.cpu = .seconds(1) }, timeLimit: nil)
    #expect(state.look(at: UsageSample(cpu: .seconds(1)), age: .seconds(9)) == [.exceeded(.cpu(.seconds(1)))])
  }

  @Test func aShortMachineGetsOneJobAtATimeAndAFullDiskNone() {
    var machine = Pressure()
    machine.cores = 2
    machine.load = 33
    machine.memory = 1000
    machine.availableMemory = 49
    machine.freeDisk = 100
    machine.diskFloor = 100
    let usual = Pressure.Limits()
    #expect(machine.reason(usual, running: 0) == nil, "one job goes on in any case")
    #expect(machine.reason(usual, running: 1) == "only 49 bytes of memory are available, and 50 bytes should be")
    machine.availableMemory = 50
    #expect(machine.reason(usual, running: 1) == "the machine's load is 33.0, above 32")
    machine.load = 32
    #expect(machine.reason(usual, running: 1) == nil)
    machine.freeDisk = 99
    #expect(machine.reason(usual, running: 0) == "only 99 bytes are free on the disk, and 100 bytes should be")
    var own = Pressure.Limits()
    own.minFreeDisk = 50
    own.maxLoad = 4
    #expect(machine.reason(own, running: 0) == nil)
    #expect(machine.reason(own, running: 1) == "the machine's load is 32.0, above 4")
  }

  @Test func aClosedPoolGivesOutNothingAndLosesNobody() {
    func claim(_ order: Int) -> SchedulerState<Int>.Claim { .init(caps: [.pool], rank: Rank(since: 0, order: order)) }
    var pool = SchedulerState<Int>(slots: 2)
    var entered = [pool.enter(1, claim(1))]
    pool.close()
    for element in 2...4 { entered.append(pool.enter(element, claim(element))) }
    #expect(entered == [[1], [], [], []])
    let passedOn = [pool.leave(1), pool.leave(3)]
    #expect(passedOn == [[], []])
    let started = pool.open()
    #expect(started == [2, 4])
    let next = pool.leave(2)
    #expect(next == [])
    let free = pool.enter(5, claim(5))
    #expect(free == [5])
    #expect(pool.waitingCount == 0)
  }

  @Test func aSmallDiskHasALowerFloor() {
    #expect(DiskFloor.floor(of: 500 << 30) == 1 << 30)
    #expect(DiskFloor.floor(of: 4 << 20) == (4 << 20) / 20)
  }

  @Test func oneSignalToTheWholeGroupCountsOnce() {
    var pairs = SignalPairs()
    let start = MonotonicTime(nanoseconds: 1_000_000_000)
    let soon = start.advanced(by: .milliseconds(5))
    let late = start.advanced(by: .seconds(1))
    let heard: [(number: Int32, isForwarded: Bool, time: MonotonicTime)] = [
      (2, false, start), (2, true, soon),
      // Two keys are two signals, however fast.
      (2, false, soon), (2, false, soon),
      // And so are two to the guardian alone.
      (15, true, start), (15, true, soon), (15, false, late),
    ]
    var counted: [Bool] = []
    for signal in heard {
      counted.append(pairs.counts(signal.number, isForwarded: signal.isForwarded, at: signal.time))
    }
    #expect(counted == [true, false, true, true, true, true, true])
  }

  @Test func sizesAreReadAndShown() {
    #expect(ByteCount.parse("64M") == 64 << 20)
    #expect(ByteCount.parse("1.5g") == 3 << 29)
    for text in ["", "M", "-1", ".5", "5.", "5X", "1e3"] { #expect(ByteCount.parse(text) == nil, "\(text)") }
    #expect(ByteCount.text(64 << 20) == "64 MiB")
    #expect(ByteCount.text(1536) == "1.5 KiB")
    #expect(ByteCount.text(12) == "12 bytes")
  }
}
