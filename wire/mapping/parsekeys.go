package mapping

import (
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// text reads one scalar, folded lines included.
func (p *parser) text(into *string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.ScalarNode {
			return p.fail(n, "want text")
		}
		*into = n.Value
		return nil
	}
}

// texts reads one text or a list of them.
func (p *parser) texts(into *[]string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		items := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			items = n.Content
		}
		*into = nil
		for _, item := range items {
			if item.Kind != yaml.ScalarNode {
				return p.fail(item, "want text")
			}
			*into = append(*into, item.Value)
		}
		return nil
	}
}

func (p *parser) boolean(into *bool) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.ScalarNode || n.Value != "true" && n.Value != "false" {
			return p.fail(n, "want true or false")
		}
		*into = n.Value == "true"
		return nil
	}
}

// choice reads one of two words; the second sets the flag.
func (p *parser) choice(into *bool, no, yes string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.ScalarNode || !slices.Contains([]string{no, yes}, n.Value) {
			return p.fail(n, "want %s or %s", no, yes)
		}
		*into = n.Value == yes
		return nil
	}
}

func (p *parser) positive(into *int) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		v, err := strconv.Atoi(n.Value)
		if err != nil || v < 1 || v > 1000 {
			return p.fail(n, "want a number from 1 to 1000")
		}
		*into = v
		return nil
	}
}

func (p *parser) nodes(into *[]*yaml.Node) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.SequenceNode {
			return p.fail(n, "want a list")
		}
		*into = n.Content
		return nil
	}
}

func (p *parser) node(into **yaml.Node) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		*into = n
		return nil
	}
}
