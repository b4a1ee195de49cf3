package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"

	"github.com/aws/smithy-go"
)

type line struct {
	Step   string   `json:"step"`
	Result any      `json:"result,omitempty"`
	Error  *failure `json:"error,omitempty"`
}

type failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func printResult(step string, result any) error {
	return json.NewEncoder(os.Stdout).Encode(line{Step: step, Result: apiNames(reflect.ValueOf(result))})
}

func printError(step string, err smithy.APIError) error {
	return json.NewEncoder(os.Stdout).Encode(line{
		Step:  step,
		Error: &failure{Code: err.ErrorCode(), Message: err.ErrorMessage()},
	})
}

// apiNames gives the SDK's structs with the API's own member names; what is not set is left out.
func apiNames(value reflect.Value) any {
	switch value.Kind() {
	case reflect.Pointer:
		return apiNames(value.Elem())
	case reflect.Struct:
		members := map[string]any{}
		for i := range value.NumField() {
			field, kind := value.Type().Field(i), value.Field(i).Kind()
			nullable := kind == reflect.Pointer || kind == reflect.Slice || kind == reflect.Map
			unset := nullable && value.Field(i).IsNil() || kind == reflect.String && value.Field(i).Len() == 0
			if field.IsExported() && field.Name != "ResultMetadata" && !unset {
				name := strings.ToLower(field.Name[:1]) + field.Name[1:]
				members[name] = apiNames(value.Field(i))
			}
		}
		return members
	case reflect.Slice:
		items := make([]any, value.Len())
		for i := range items {
			items[i] = apiNames(value.Index(i))
		}
		return items
	default:
		return value.Interface()
	}
}
