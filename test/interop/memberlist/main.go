// A bare memberlist node, as programs such as Alertmanager have one: told what to do on its standard input, it tells
// what happens on its standard output, both in lines of JSON. Ends with its standard input.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"flag"
	"log"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

const longestLine = 1 << 20

type told struct {
	Event string `json:"event"`
	Name  string `json:"name,omitempty"`
	Text  string `json:"text,omitempty"`
	Join  bool   `json:"join,omitempty"`
}

type asked struct{ Do, To, Text string }

type node struct {
	lock  sync.Mutex
	out   *json.Encoder
	queue [][]byte
	state string
}

func (n *node) tell(what told) {
	n.lock.Lock()
	defer n.lock.Unlock()
	n.out.Encode(what)
}

func (n *node) NotifyJoin(of *memberlist.Node) {
	n.tell(told{Event: "join", Name: of.Name, Text: string(of.Meta)})
}
func (n *node) NotifyLeave(of *memberlist.Node) { n.tell(told{Event: "leave", Name: of.Name}) }
func (n *node) NotifyUpdate(of *memberlist.Node) {
	n.tell(told{Event: "update", Name: of.Name, Text: string(of.Meta)})
}
func (n *node) NodeMeta(limit int) []byte   { return []byte("bare") }
func (n *node) NotifyMsg(text []byte)       { n.tell(told{Event: "message", Text: string(text)}) }
func (n *node) LocalState(join bool) []byte { return []byte(n.state) }

func (n *node) MergeRemoteState(state []byte, join bool) {
	n.tell(told{Event: "state", Text: string(state), Join: join})
}

// As many as fit, each once: memberlist puts them all into one packet.
func (n *node) GetBroadcasts(overhead, limit int) [][]byte {
	n.lock.Lock()
	defer n.lock.Unlock()
	count, size := 0, 0
	for count < len(n.queue) && size+overhead+len(n.queue[count]) <= limit {
		size += overhead + len(n.queue[count])
		count++
	}
	taken := n.queue[:count]
	n.queue = n.queue[count:]
	return taken
}

func (n *node) do(list *memberlist.Memberlist, order asked) error {
	switch order.Do {
	case "join":
		_, err := list.Join([]string{order.To})
		return err
	case "leave":
		return list.Leave(5 * time.Second)
	case "broadcast":
		n.lock.Lock()
		defer n.lock.Unlock()
		for _, text := range strings.Split(order.Text, "\n") {
			n.queue = append(n.queue, []byte(text))
		}
		return nil
	}
	for _, member := range list.Members() {
		if member.Name == order.To && order.Do == "send" {
			return list.SendBestEffort(member, []byte(order.Text))
		} else if member.Name == order.To && order.Do == "send-reliably" {
			return list.SendReliable(member, []byte(order.Text))
		}
	}
	return nil
}

func main() {
	n := &node{out: json.NewEncoder(os.Stdout)}
	config := memberlist.DefaultLANConfig()
	config.Delegate, config.Events = n, n
	config.Logger = log.New(os.Stderr, "", log.Lmicroseconds)
	var key string
	var protocol uint
	flag.StringVar(&config.Name, "name", "", "")
	flag.StringVar(&config.BindAddr, "host", "127.0.0.1", "")
	flag.IntVar(&config.BindPort, "port", 0, "0: any free one")
	flag.StringVar(&n.state, "state", "", "what it adds to a push/pull")
	flag.StringVar(&key, "key", "", "of 16, 24 or 32 bytes, in base64")
	flag.UintVar(&protocol, "protocol", 2, "1 encrypts in memberlist's oldest way")
	flag.Parse()
	config.AdvertisePort, config.ProtocolVersion = config.BindPort, uint8(protocol)
	config.SecretKey, _ = base64.StdEncoding.DecodeString(key)
	list, err := memberlist.Create(config)
	if err != nil {
		log.Fatal(err)
	}
	n.tell(told{Event: "ready", Name: config.Name, Text: list.LocalNode().Address()})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		var order asked
		if err := json.Unmarshal(lines.Bytes(), &order); err != nil {
			log.Fatal(err)
		} else if err := n.do(list, order); err != nil {
			n.tell(told{Event: "failed", Name: order.Do, Text: err.Error()})
		} else {
			n.tell(told{Event: "done", Name: order.Do})
		}
	}
}
