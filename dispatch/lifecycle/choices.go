package lifecycle

import (
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
)

// Choices are the values of which an act must be given one, for a need.
type Choices struct {
	Need     dispatch.Need
	List     []dispatch.Choice // none: a person writes the value
	Required bool              // without a value the act is refused
}

// choices are the values that an act on a case chooses from. Acts and cases without a closed list have none.
func (t *transition) choices(c *city.City, cs *dispatch.Case) []Choices {
	//exhaustive:ignore
	switch t.act {
	case dispatch.ActAccept:
		if cat := c.Categories[cs.Category]; cat != nil {
			return []Choices{{dispatch.NeedCondition, dispatch.ConditionChoices(cat), cs.Condition == "" && cat.ConditionMatters()}}
		}
	case dispatch.ActClose:
		list := dispatch.ClosingChoices(c.Categories[cs.Category], cs.Condition)
		return []Choices{{dispatch.NeedClosing, list, len(list) != 1}}
	case dispatch.ActForceClose:
		if list := dispatch.ClosingChoices(c.Categories[cs.Category], cs.Condition); len(list) > 0 {
			return []Choices{{dispatch.NeedClosing, list, false}}
		}
	}
	return nil
}

// given is the value that a command carries for a need with choices.
func given(cmd *dispatch.Command, n dispatch.Need) string {
	if n == dispatch.NeedCondition {
		return cmd.Condition
	}
	return cmd.Closing
}

// choose refuses a command whose value is none of the choices. Errors: *dispatch.ChoiceError.
func (t *transition) choose(c *city.City, cs *dispatch.Case, cmd *dispatch.Command) error {
	for _, ch := range t.choices(c, cs) {
		value := given(cmd, ch.Need)
		known := len(ch.List) == 0 || slices.ContainsFunc(ch.List, func(one dispatch.Choice) bool { return one.Value == value })
		if value == "" && ch.Required || value != "" && !known {
			return &dispatch.ChoiceError{Act: t.act, Need: ch.Need, Given: value, Choices: ch.List}
		}
	}
	return nil
}
