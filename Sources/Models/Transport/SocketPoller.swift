internal import CCurl

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// Tells which sockets are ready. It belongs to one thread.
///
/// On Linux by epoll, which costs as much as there are ready sockets; elsewhere by poll(2).
final class SocketPoller {
  struct Readiness {
    let descriptor: Int32
    /// As libcurl wants to hear it: `CCURL_READY_…`.
    let bits: Int32
  }

  /// As libcurl says it: `CCURL_POLL_…`.
  private var interests: [Int32: Int32] = [:]
  private let bell: Bell
  #if os(Linux)
    private let epoll: Int32
    private var found = [cpoll_ready](repeating: cpoll_ready(), count: 256)
  #endif

  /// Nil if the system has no descriptor left.
  init?(_ bell: Bell) {
    self.bell = bell
    #if os(Linux)
      epoll = cpoll_create()
      guard epoll >= 0 else { return nil }
      cpoll_watch(epoll, bell.listening, Int32(CCURL_POLL_IN), 0)
    #endif
  }

  deinit {
    #if os(Linux)
      close(epoll)
    #endif
  }

  /// From now on those; 0 forgets the socket, which may have been closed already.
  func watch(_ descriptor: Int32, _ interest: Int32) {
    let before = interests.updateValue(interest, forKey: descriptor)
    if interest == 0 { interests[descriptor] = nil }
    #if os(Linux)
      cpoll_watch(epoll, descriptor, interest, before == nil ? 0 : 1)
    #endif
  }

  func isWatching(_ descriptor: Int32) -> Bool { interests[descriptor] != nil }

  /// Waits until a socket is ready or the bell rings, for so many milliseconds at most; -1: for ever.
  func wait(milliseconds: Int32) -> [Readiness] {
    #if os(Linux)
      let count = Int(cpoll_wait(epoll, &found, Int32(found.count), milliseconds))
      return found[..<count].compactMap { found in
        if found.descriptor != bell.listening { return Readiness(descriptor: found.descriptor, bits: found.bits) }
        bell.silence()
        return nil
      }
    #else
      var polled = interests.map { descriptor, interest in
        let reading = Int(interest) & CCURL_POLL_IN != 0 ? POLLIN : 0
        let writing = Int(interest) & CCURL_POLL_OUT != 0 ? POLLOUT : 0
        return pollfd(fd: descriptor, events: Int16(reading | writing), revents: 0)
      }
      polled.append(pollfd(fd: bell.listening, events: Int16(POLLIN), revents: 0))
      guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return [] }
      if polled.removeLast().revents != 0 { bell.silence() }
      return polled.filter { $0.revents != 0 }.map { found in
        let said = Int32(found.revents)
        var bits = 0
        if said & POLLIN != 0 { bits |= CCURL_READY_IN }
        if said & POLLOUT != 0 { bits |= CCURL_READY_OUT }
        if said & (POLLERR | POLLHUP | POLLNVAL) != 0 { bits |= CCURL_READY_ERROR }
        return Readiness(descriptor: found.fd, bits: Int32(bits))
      }
    #endif
  }
}

/// Wakes a thread that polls, from any other.
final class Bell: Sendable {
  /// What the thread polls for reading.
  let listening: Int32
  private let ringing: Int32

  /// Nil if the system has no descriptor left.
  init?() {
    #if os(Linux)
      let descriptor = cpoll_bell()
      guard descriptor >= 0 else { return nil }
      listening = descriptor
      ringing = descriptor
    #else
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else { return nil }
      for end in ends {
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
      }
      listening = ends[0]
      ringing = ends[1]
    #endif
  }

  deinit {
    close(listening)
    if ringing != listening { close(ringing) }
  }

  func ring() {
    var one: UInt64 = 1
    // A full counter or pipe rings already.
    _ = write(ringing, &one, MemoryLayout<UInt64>.size)
  }

  func silence() {
    var count: UInt64 = 0
    while read(listening, &count, MemoryLayout<UInt64>.size) > 0, ringing != listening {}
  }
}
