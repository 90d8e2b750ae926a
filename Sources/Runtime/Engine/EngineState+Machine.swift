import Jobs

// The slots of the machine: what the scheduler has started still needs one of these, and all runs of the user share them.
extension EngineState {
  /// Begins what has a slot of the run, as soon as the machine has one too.
  mutating func start(_ ids: [JobID]) {
    for id in ids {
      if jobs[id]?.needsSlot == true { machineLine.append(id) } else { begin(id) }
    }
    if !machineLine.isEmpty { takeMachineSlots() }
  }

  private mutating func begin(_ id: JobID) {
    jobs[id]?.phase = .active
    outbox.append(.attempt(id))
  }

  /// Gives back the machine's slot that a job has, if it has one.
  mutating func giveMachineSlot(of id: JobID) {
    if machineHolders.remove(id) != nil { returnMachineSlot() }
  }

  /// Gives back a slot of the machine that nobody holds by name.
  mutating func returnMachineSlot() {
    machine.give()
    if !machineLine.isEmpty { takeMachineSlots() }
  }

  /// Somebody else may have given slots back.
  mutating func pollMachine() {
    isPollingMachine = false
    takeMachineSlots()
  }

  private mutating func takeMachineSlots() {
    while let id = machineLine.first {
      // Whoever was cancelled meanwhile has left the scheduler.
      guard jobs[id]?.phase == .lined, scheduler.isActive(id), !machineHolders.contains(id) else {
        machineLine.removeFirst()
        continue
      }
      guard machine.take() else { return waitForMachine() }
      machineLine.removeFirst()
      machineHolders.insert(id)
      begin(id)
    }
    if let fault = machine.takeFault() { outbox.append(.notice(.warning(fault))) }
  }

  private mutating func waitForMachine() {
    if !hasToldOfMachine {
      hasToldOfMachine = true
      outbox.append(.notice(.warning("waiting for a slot of the machine: \(machine.cap) are in use")))
    }
    guard !isPollingMachine else { return }
    isPollingMachine = true
    outbox.append(.pollMachine)
  }
}
