package plan

// groups puts the nodes of a graph into strongly connected groups: systems that need
// each other in a circle move together. needs[i] lists what node i needs. Groups come
// in an order in which everything a group needs stands before it.
func groups(needs [][]int32) (list [][]int32, of []int32) {
	t := tarjan{needs: needs, index: make([]int32, len(needs)), low: make([]int32, len(needs)), of: make([]int32, len(needs))}
	for i := range needs {
		t.of[i] = -1
	}
	for i := range needs {
		if t.index[i] == 0 {
			t.visit(int32(i))
		}
	}
	return t.list, t.of
}

// tarjan is the state of Tarjan's algorithm without recursion: a chain of needs may be
// as long as the nation.
type tarjan struct {
	needs      [][]int32
	index, low []int32 // index counts from 1; 0 = not seen
	of         []int32 // group of a node; -1 = none yet
	stack      []int32
	list       [][]int32
	count      int32
}

// frame is a node being visited and the next of its needs.
type frame struct{ node, next int32 }

func (t *tarjan) visit(root int32) {
	path := []frame{t.open(root)}
	for len(path) > 0 {
		f := &path[len(path)-1]
		if int(f.next) < len(t.needs[f.node]) {
			to := t.needs[f.node][f.next]
			f.next++
			switch {
			case t.index[to] == 0:
				path = append(path, t.open(to))
			case t.of[to] < 0:
				t.low[f.node] = min(t.low[f.node], t.index[to])
			}
			continue
		}
		done := f.node
		path = path[:len(path)-1]
		if t.low[done] == t.index[done] {
			t.close(done)
		}
		if len(path) > 0 {
			parent := path[len(path)-1].node
			t.low[parent] = min(t.low[parent], t.low[done])
		}
	}
}

func (t *tarjan) open(node int32) frame {
	t.count++
	t.index[node], t.low[node] = t.count, t.count
	t.stack = append(t.stack, node)
	return frame{node: node}
}

// close takes a whole group off the stack.
func (t *tarjan) close(root int32) {
	from := len(t.stack) - 1
	for t.stack[from] != root {
		from--
	}
	members := append([]int32(nil), t.stack[from:]...)
	t.stack = t.stack[:from]
	for _, n := range members {
		t.of[n] = int32(len(t.list))
	}
	t.list = append(t.list, members)
}
