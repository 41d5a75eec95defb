package embedded

import (
	"fmt"
	"net"
	"strconv"
	"sync"

	"github.com/rs/zerolog"
)

// network is what the brokers listen on. It guards every connection and can
// cut them, which is how a broker goes missing for its clients.
type network struct {
	host string
	log  zerolog.Logger

	mu    sync.Mutex
	cut   bool
	conns map[*guardedConn]*listener
}

func newNetwork(host string, log zerolog.Logger) *network {
	return &network{host: host, log: log, conns: make(map[*guardedConn]*listener)}
}

// listen is kfake's ListenFn. kfake always asks for 127.0.0.1; of its address
// only the port counts.
func (n *network) listen(proto, address string) (net.Listener, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	ln, err := net.Listen(proto, net.JoinHostPort(n.host, port))
	if err != nil {
		return nil, err
	}
	return &listener{Listener: ln, network: n}, nil
}

// setCut closes all connections, and closes new ones as they come until it is
// called with false.
func (n *network) setCut(cut bool) {
	n.mu.Lock()
	n.cut = cut
	n.mu.Unlock()
	if cut {
		n.closeAll()
	}
}

func (n *network) closeAll() { n.closeWhere(func(*listener) bool { return true }) }

func (n *network) closeWhere(match func(*listener) bool) {
	n.mu.Lock()
	var conns []*guardedConn
	for c, ln := range n.conns {
		if match(ln) {
			conns = append(conns, c)
		}
	}
	n.mu.Unlock()
	for _, c := range conns {
		_ = c.Close() // its clients see it end either way
	}
}

func (n *network) add(ln *listener, conn net.Conn) *guardedConn {
	g := &guardedConn{Conn: conn, log: n.log}
	g.onClose = func() {
		n.mu.Lock()
		delete(n.conns, g)
		n.mu.Unlock()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cut || ln.closed {
		return nil
	}
	n.conns[g] = ln
	return g
}

// listener is one broker's. Closing it closes its connections too, as the end
// of a broker does; kfake alone would go on serving them.
type listener struct {
	net.Listener
	network *network
	closed  bool // guarded by network.mu
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if g := l.network.add(l, conn); g != nil {
			return g, nil
		}
		conn.Close()
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.network.mu.Lock()
	l.closed = true
	l.network.mu.Unlock()
	err := l.Listener.Close()
	l.network.closeWhere(func(o *listener) bool { return o == l })
	return err
}

// Addr implements net.Listener. kfake advertises it to clients, so it keeps
// the host name that was asked for.
func (l *listener) Addr() net.Addr {
	port := l.Listener.Addr().(*net.TCPAddr).Port
	return hostAddr(net.JoinHostPort(l.network.host, strconv.Itoa(port)))
}

type hostAddr string

func (hostAddr) Network() string  { return "tcp" }
func (a hostAddr) String() string { return string(a) }

// StopNode takes one broker away: its connections are cut, its port is closed,
// and the others take over its partitions, groups and transactions at once.
// The controller, which has the highest id, can't be taken away: kfake never
// elects another. Cut takes away all.
func (b *Broker) StopNode(node int32) error {
	if node == int32(len(b.ports)-1) {
		return fmt.Errorf("stop embedded broker %d: it is the controller", node)
	}
	if err := b.cluster.RemoveNode(node); err != nil {
		return fmt.Errorf("stop embedded broker %d: %w", node, err)
	}
	return nil
}

// StartNode brings a stopped broker back on its port.
func (b *Broker) StartNode(node int32) error {
	if node < 0 || int(node) >= len(b.ports) {
		return fmt.Errorf("start embedded broker %d: there are %d", node, len(b.ports))
	}
	if _, _, err := b.cluster.AddNode(node, b.ports[node]); err != nil {
		return fmt.Errorf("start embedded broker %d: %w", node, err)
	}
	return nil
}

// Cut makes all brokers unreachable: connections are closed, and new ones as
// they come, until Mend. What the brokers hold stays.
func (b *Broker) Cut() { b.net.setCut(true) }

// Mend ends a Cut.
func (b *Broker) Mend() { b.net.setCut(false) }
