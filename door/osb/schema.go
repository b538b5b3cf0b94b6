package osb

import (
	"encoding/json"
	"fmt"
)

// The one parameter that is naru's own, of a creation and of an update to another plan.
const (
	orderProperty = `{"type":"string","description":"approved order that carries the instance; may be left out when only one is free"}`
	emptySchema   = `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}`
)

// withOrder tells platforms of the parameter "order" in the schemas of a plan. What the
// broker wrote stays; a schema that is no object is not one of the specification and is
// taken for none.
func withOrder(raw json.RawMessage) (object, error) {
	schemas := objectOf(raw)
	instance := objectOf(schemas["service_instance"])
	for _, action := range []string{"create", "update"} {
		step := objectOf(instance[action])
		parameters := objectOf(step["parameters"])
		if len(parameters) == 0 {
			parameters = objectOf([]byte(emptySchema))
		}
		properties := objectOf(parameters["properties"])
		properties["order"] = json.RawMessage(orderProperty)
		if err := nest(parameters, "properties", properties); err != nil {
			return nil, err
		}
		if err := nest(step, "parameters", parameters); err != nil {
			return nil, err
		}
		if err := nest(instance, action, step); err != nil {
			return nil, err
		}
	}
	return schemas, nest(schemas, "service_instance", instance)
}

func nest(in object, name string, value object) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	in[name] = raw
	return nil
}
