package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// config is everything that can be set. The tags are the whole truth: name in file and
// flag, default, what it is for. Values come from default < file < environment
// (NARU_<NAME>) < flag.
type config struct {
	Addr     string `name:"addr" default:"127.0.0.1:8080" ko:"듣는 주소. 루프백이 아니면 앞에 TLS 프록시를 두어야 합니다." en:"Address to listen on. Anything but loopback wants a TLS proxy in front."`
	Dir      string `name:"dir" default:"naru-data" ko:"데이터 폴더: 내장 데이터베이스, 봉인 키, 서명 키." en:"Data folder: embedded database, seal key, signing key."`
	Database string `name:"database" default:"" ko:"PostgreSQL 주소(postgres://…). 비우면 데이터 폴더의 SQLite." en:"PostgreSQL address (postgres://…). Empty means SQLite in the data folder."`
	Origin   string `name:"origin" default:"naru.localhost/record" ko:"기록 검증점에 쓰는 이름." en:"Name of the record in its checkpoints."`
	Loopback bool   `name:"broker_loopback" default:"false" ko:"루프백 주소의 브로커를 허용합니다. 시험용입니다." en:"Allow brokers on loopback addresses, for trials."`
	Longest  string `name:"operation_limit" default:"24h" ko:"공급자의 작업을 기다리는 최대 시간. 이용상품이 더 짧게 밝히면 그 시간." en:"The longest an operation of a provider may take. A plan that says less is held to its own word."`
	PlanCost string `name:"plan_cost" default:"" ko:"전환 계획의 시스템당 비용(원). 출처가 없는 값이며, 비우면 2021년 계획에서 유도한 평균." en:"Cost per system of a plan in won. It has no source; empty means the average derived from the plan of 2021."`
	Recovery string `name:"recovery_classes" default:"" ko:"정보시스템 등급과 예고된 복구 구분의 대응(1=core,2=essential,3=major). 출처가 없는 값입니다." en:"Mapping of system grades to the announced recovery classes (1=core,2=essential,3=major). It has no source."`
	Census   string `name:"census_every" default:"6h" ko:"공급자별 전수 대조의 간격. 공급자마다 다르면 뒤에 붙입니다(6h,prv_…=1h). 0이면 예약하지 않습니다." en:"How often each provider is counted. A provider of its own interval is added (6h,prv_…=1h). 0 takes no census by itself."`
	Journal  string `name:"journal_days" default:"730" ko:"공급자 호출 내역을 정리된 뒤 두는 일수. 출처가 없는 값이며, 0이면 지우지 않습니다." en:"How many days settled calls to providers stay in the journal. It has no source; 0 removes nothing."`
	Public   string `name:"public_url" default:"" ko:"플랫폼이 나루에 접속하는 주소(https://naru.example.go.kr). 비우면 물어본 주소." en:"Address under which platforms reach naru (https://naru.example.go.kr). Empty means the one naru was asked at."`
	Secure   bool   `name:"secure_cookies" default:"false" ko:"쿠키를 HTTPS에서만 보냅니다. TLS 프록시 뒤에서 켜세요." en:"Send cookies over HTTPS only. Turn on behind a TLS proxy."`
}

// setting is one field of the configuration with the place its value came from.
type setting struct {
	Name, Env, Default, Ko, En string
	Value, Source              string
	field                      int
}

// settings lists the fields of the configuration with their defaults.
func settings() []setting {
	t := reflect.TypeFor[config]()
	list := make([]setting, t.NumField())
	for i := range list {
		tag := t.Field(i).Tag
		list[i] = setting{
			Name: tag.Get("name"), Env: "NARU_" + strings.ToUpper(tag.Get("name")), Default: tag.Get("default"),
			Ko: tag.Get("ko"), En: tag.Get("en"), Value: tag.Get("default"), Source: "default", field: i,
		}
	}
	return list
}

// loadConfig merges the sources. path names a YAML file; "" means naru.yaml in the
// working folder, if there is one. flags holds what was set on the command line.
func loadConfig(path string, env func(string) (string, bool), flags map[string]string) (config, []setting, error) {
	var c config
	file, where, err := readConfigFile(path)
	if err != nil {
		return c, nil, err
	}
	list := settings()
	for i := range list {
		s := &list[i]
		if v, ok := file[s.Name]; ok {
			s.Value, s.Source = v, where
			delete(file, s.Name)
		}
		if v, ok := env(s.Env); ok {
			s.Value, s.Source = v, s.Env
		}
		if v, ok := flags[s.Name]; ok {
			s.Value, s.Source = v, "--"+strings.ReplaceAll(s.Name, "_", "-")
		}
		if err := s.put(&c); err != nil {
			return c, nil, err
		}
	}
	if len(file) > 0 {
		return c, nil, fmt.Errorf("%s: unknown settings: %s", where, strings.Join(slices.Sorted(maps.Keys(file)), ", "))
	}
	return c, list, nil
}

// put stores the value in its field.
func (s *setting) put(c *config) error {
	f := reflect.ValueOf(c).Elem().Field(s.field)
	if f.Kind() != reflect.Bool {
		f.SetString(s.Value)
		return nil
	}
	on, err := strconv.ParseBool(s.Value)
	if err != nil {
		return fmt.Errorf("%s from %s must be true or false, not %q", s.Name, s.Source, s.Value)
	}
	f.SetBool(on)
	return nil
}

// readConfigFile reads a flat YAML file of settings.
func readConfigFile(path string) (map[string]string, string, error) {
	values, name := map[string]string{}, path
	if name == "" {
		name = "naru.yaml"
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && path == "" {
		return values, name, nil
	}
	if err != nil {
		return nil, name, err
	}
	if err := yaml.Unmarshal(data, &values); err != nil {
		return nil, name, fmt.Errorf("%s: %w", name, err)
	}
	return values, name, nil
}

// longest is how long an operation of a provider may take; 0 means the default.
func (c config) longest() (time.Duration, error) {
	if c.Longest == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(c.Longest)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("operation_limit must be a duration above zero such as 24h, not %q", c.Longest)
	}
	return d, nil
}

// public is the address under which platforms reach naru; "" = it is not set.
func (c config) public() (string, error) {
	if c.Public == "" {
		return "", nil
	}
	u, err := url.Parse(c.Public)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("public_url must be an address such as https://naru.example.go.kr, not %q", c.Public)
	}
	return c.Public, nil
}

// journalDays is how long settled calls are kept; 0 = for ever.
func (c config) journalDays() (int, error) {
	days, err := strconv.Atoi(cmp.Or(c.Journal, "0"))
	if err != nil || days != 0 && (days < 30 || days > 36500) {
		return 0, fmt.Errorf("journal_days must be a number of days from 30 to 36500 such as 730, or 0, not %q", c.Journal)
	}
	return days, nil
}

// dsn returns the address of the database.
func (c config) dsn() string {
	if c.Database != "" {
		return c.Database
	}
	return filepath.Join(c.Dir, "naru.db")
}
