extension GateState {
  /// The meter that counts a model's calls: its own if it has limits of its own, else the provider's.
  func meterKey(_ model: String) -> String { policy.models[model] == nil ? "" : model }

  /// Admits whom the phase and the limits allow, and tells the others why not.
  mutating func drain(_ now: Duration) -> [GateAction] {
    var actions: [GateAction] = []
    switch phase {
    case .shut(let until, _) where until <= now: openHalf()
    case .closed(let until, _) where until <= now: openHalf()
    case .parked(let until, _) where until <= now: openHalf()
    default: break
    }
    switch phase {
    case .closed(_, let error): refuseAll(&actions) { .refuse($0, error) }
    case .parked(_, let error): refuseAll(&actions) { .park($0, error) }
    case .open, .halfOpen, .ramping: admit(now, &actions)
    case .shut, .probing: break
    }
    if !queue.isEmpty { tellWaiting(now, &actions) }
    return actions
  }

  private mutating func refuseAll(_ actions: inout [GateAction], _ action: (UInt64) -> GateAction) {
    actions += queue.map { action($0.call.id) }
    queue.removeAll()
  }

  private mutating func admit(_ now: Duration, _ actions: inout [GateAction]) {
    var place = 0
    while place < queue.count, hasRoom {
      let waiting = queue[place]
      let key = meterKey(waiting.call.model)
      if meters[key] == nil {
        meters[key] = GateMeter(limits: (policy.models[key] ?? policy.limits).share(of: processes))
      }
      guard meters[key]?.obstacle(tokens: waiting.call.tokens, now: now) == nil else {
        place += 1
        continue
      }
      queue.remove(at: place)
      meters[key]?.begin(waiting.call, now: now)
      running[waiting.call.id] = Running(
        call: waiting.call, order: waiting.order, epoch: epoch, asked: waiting.asked)
      if phase == .halfOpen { phase = .probing(waiting.call.id) }
      actions.append(.admit(waiting.call.id))
    }
  }

  /// Whether the phase lets one more call begin.
  private var hasRoom: Bool {
    switch phase {
    case .open: true
    case .halfOpen: mayProbe
    case .ramping(let room, _, _): running.values.reduce(0) { $0 + ($1.epoch == epoch ? 1 : 0) } < Int(room)
    case .shut, .probing, .closed, .parked: false
    }
  }

  private mutating func tellWaiting(_ now: Duration, _ actions: inout [GateAction]) {
    let common = commonWait
    for place in queue.indices {
      let call = queue[place].call
      let wait =
        common ?? meters[meterKey(call.model)]?.obstacle(tokens: call.tokens, now: now)
        ?? GateWait(phase == .halfOpen ? .probe : .recovering)
      if queue[place].told != wait {
        queue[place].told = wait
        actions.append(.wait(call.id, wait))
      }
    }
  }

  /// Why everybody waits; nil where it depends on the call.
  private var commonWait: GateWait? {
    switch phase {
    case .shut(let until, let reason): GateWait(reason, until: until)
    case .probing: GateWait(.probe)
    case .open, .halfOpen, .ramping, .closed, .parked: nil
    }
  }
}
