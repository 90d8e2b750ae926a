import Testing

@testable import Runtime

/// A machine and tasks, as far as the limit can tell: how much gets done with so many at once, and what that costs.
private struct Model {
  let cores: Int
  /// Ends in a second with so many at once.
  let throughput: (Int) -> Double
  let load: (Int) -> MachineLoad

  /// The limits over so many seconds, a sample every 0.2 s, with a noise of a few per cent.
  func run(_ auto: inout AutoConcurrency, seconds: Double, waiting: Int = 1000, seed: UInt64 = 1) -> [Int] {
    var random = SplitMix(seed: seed)
    var limits: [Int] = []
    var owed = 0.0
    for _ in 0..<Int(seconds / 0.2) {
      owed += throughput(auto.limit) * 0.2 * Double.random(in: 0.96...1.04, using: &random)
      let ended = Int(owed)
      owed -= Double(ended)
      limits.append(
        auto.take(.init(elapsed: 0.2, ended: ended, active: auto.limit, waiting: waiting, load: load(auto.limit))))
    }
    return limits
  }
}

@Suite struct AutoConcurrencyTests {
  private func mean(_ limits: some Collection<Int>) -> Double { Double(limits.reduce(0, +)) / Double(limits.count) }

  @Test func itBeginsWithTheCores() {
    #expect(AutoConcurrency(cores: 6).limit == 6)
    #expect(AutoConcurrency(cores: 500).limit == AutoConcurrency.most)
  }

  /// Tasks that sleep for 100 ms: twice as many at once, twice as many ends.
  @Test(arguments: 1...5) func tasksThatWaitAreRunInGreatNumber(seed: UInt64) {
    var auto = AutoConcurrency(cores: 4)
    let model = Model(cores: 4, throughput: { Double($0) * 10 }, load: { MachineLoad(cpu: Double($0) * 0.002) })
    let limits = model.run(&auto, seconds: 60, seed: seed)
    #expect(limits.last.map { $0 > 48 } == true)
    #expect(limits.allSatisfy { (1...AutoConcurrency.most).contains($0) })
  }

  /// Tasks that sleep for a minute: nothing ends, nothing is busy.
  @Test func longTasksThatWaitAreRunInGreatNumberToo() {
    var auto = AutoConcurrency(cores: 4)
    let model = Model(cores: 4, throughput: { Double($0) / 60 }, load: { _ in MachineLoad(cpu: 0.01) })
    #expect(model.run(&auto, seconds: 120).last == AutoConcurrency.most)
  }

  /// Tasks that only compute: beyond the cores nothing is won.
  @Test(arguments: [2, 4, 8, 16, 32]) func tasksThatComputeSettleNearTheCores(cores: Int) {
    var auto = AutoConcurrency(cores: cores)
    let model = Model(
      cores: cores, throughput: { Double(min($0, cores)) * 5 },
      load: { MachineLoad(cpu: min(1, Double($0) / Double(cores)), waitingForCPU: $0 > cores ? 0.9 : 0.05) })
    let limits = model.run(&auto, seconds: 120).dropFirst(100)
    #expect(limits.max().map { $0 <= cores + max(1, cores / 4) } == true)
    #expect(limits.min().map { Double($0) >= Double(cores) * 0.7 } == true)
  }

  /// Without the threshold the gain alone decides.
  @Test func withoutAThresholdTheGainDecides() {
    var auto = AutoConcurrency(cores: 4, thresholds: LoadThresholds())
    let model = Model(
      cores: 4, throughput: { Double(min($0, 12)) * 5 }, load: { MachineLoad(cpu: min(1, Double($0) / 12)) })
    let limits = model.run(&auto, seconds: 200).dropFirst(500)
    #expect((10...15).contains(mean(limits)))
  }

  /// Beyond ten at once everything gets slower.
  @Test(arguments: 1...5) func whatThrashesIsBackedOffFrom(seed: UInt64) {
    var auto = AutoConcurrency(cores: 4)
    let model = Model(
      cores: 4, throughput: { $0 <= 10 ? Double($0) * 8 : 80 * 100 / Double($0 * $0) },
      load: { _ in MachineLoad(cpu: 0.1) })
    let limits = model.run(&auto, seconds: 200, seed: seed).dropFirst(200)
    #expect((6...11).contains(mean(limits)))
    #expect(limits.max().map { $0 <= 14 } == true)
  }

  /// What was good for a time is not any more.
  @Test func itBacksOffWhenTheWorkChanges() {
    var auto = AutoConcurrency(cores: 4)
    let idle = Model(cores: 4, throughput: { Double($0) * 10 }, load: { _ in MachineLoad(cpu: 0.05) })
    _ = idle.run(&auto, seconds: 60)
    let before = auto.limit
    let heavy = Model(
      cores: 4, throughput: { Double(min($0, 4)) * 10 }, load: { MachineLoad(cpu: min(1, Double($0) / 4)) })
    let limits = heavy.run(&auto, seconds: 60)
    #expect(before > 48 && limits.last.map { $0 <= 6 } == true)
  }

  @Test func memoryAboveItsThresholdLowersTheLimitToOneAtLast() {
    var auto = AutoConcurrency(cores: 8)
    let model = Model(cores: 8, throughput: { Double($0) * 10 }, load: { _ in MachineLoad(cpu: 0.1, memory: 0.95) })
    #expect(model.run(&auto, seconds: 60).last == 1)
    let free = Model(cores: 8, throughput: { Double($0) * 10 }, load: { _ in MachineLoad(cpu: 0.1, memory: 0.5) })
    #expect(free.run(&auto, seconds: 60).last.map { $0 > 8 } == true, "and it rises again")
  }

  @Test func itMakesRoomForOthersWhoComputeToo() {
    var auto = AutoConcurrency(cores: 8)
    let model = Model(
      cores: 8, throughput: { Double($0) * 3 }, load: { _ in MachineLoad(cpu: 1, waitingForCPU: 0.9) })
    #expect(model.run(&auto, seconds: 60).suffix(150).max().map { $0 <= 2 } == true)
  }

  @Test func whereNobodyWaitsTheLimitStays() {
    var auto = AutoConcurrency(cores: 4)
    let model = Model(cores: 4, throughput: { Double($0) * 10 }, load: { _ in MachineLoad(cpu: 0.05) })
    #expect(Set(model.run(&auto, seconds: 30, waiting: 0)) == [4])
  }

  /// Whatever it is told, the bounds hold, and memory that is short never raises it.
  @Test(arguments: 0..<50) func theBoundsAlwaysHold(seed: UInt64) {
    var random = SplitMix(seed: seed)
    var auto = AutoConcurrency(cores: Int.random(in: 1...80, using: &random))
    for _ in 0..<2000 {
      let load = MachineLoad(
        cpu: .random(in: 0...1, using: &random), memory: .random(in: 0...1, using: &random),
        waitingForCPU: Bool.random(using: &random) ? nil : .random(in: 0...1, using: &random))
      let before = auto.limit
      let limit = auto.take(
        .init(
          elapsed: .random(in: 0.05...4, using: &random), ended: .random(in: 0...500, using: &random),
          active: before, waiting: .random(in: 0...3, using: &random), load: load))
      #expect((1...AutoConcurrency.most).contains(limit))
      #expect(load.memory <= 0.9 || limit <= before)
    }
  }
}

@Suite struct MachineLoadTests {
  @Test func theKernelsFilesAreRead() throws {
    let stat = "cpu  100 20 30 800 50 5 5 10 0 0\ncpu0 1 2 3\n"
    #expect(MachineLoadMeter.ticks(stat) == .init(busy: 170, all: 1020))
    #expect(MachineLoadMeter.memory("MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 250 kB\n") == 0.75)
    #expect(MachineLoadMeter.pressure("some avg10=12.50 avg60=0 total=3\nfull avg10=1.00\n") == 0.125)
    #expect(MachineLoadMeter.ticks("intr 5") == nil)
    #expect(MachineLoadMeter.memory("") == nil)
    #expect(MachineLoadMeter.pressure("") == nil)
  }

  @Test func thisMachineHasALoad() {
    var meter = MachineLoadMeter()
    _ = meter.look()
    let load = meter.look()
    #expect((0...1).contains(load.cpu))
    #expect(load.memory > 0 && load.memory < 1)
    #expect(MachineLoadMeter.cores >= 1)
  }

  @Test func thresholdsAllowWhatIsNotAboveThem() {
    let load = MachineLoad(cpu: 0.8, memory: 0.5)
    #expect(LoadThresholds(cpu: 0.8).allow(load))
    #expect(!LoadThresholds(cpu: 0.7).allow(load))
    #expect(!LoadThresholds(cpu: 0.9, memory: 0.4).allow(load))
    #expect(LoadThresholds().allow(load))
  }
}
