package cli

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"naru/wire/api"
)

// loginCommand exchanges a name and a password for a token, which is kept for the
// server in a file of mode 0600.
func (a *App) loginCommand() *cobra.Command {
	var user, file string
	c := &cobra.Command{
		Use: "login", GroupID: groupStart, Short: a.T("login_short"), Long: a.T("login_long"), Example: a.T("login_example"), Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			password, err := a.Password(file)
			if err != nil {
				return err
			}
			client := &api.Client{URL: a.server(), Lang: a.Lang}
			out, err := client.SignIn(c.Context(), api.SignIn{User: user, Password: password})
			if err != nil {
				return err
			}
			if err := a.Tokens.Write(client.URL, out.Token); err != nil {
				return err
			}
			fmt.Fprintln(a.Out, a.T("logged_in", "user", user, "url", client.URL))
			return nil
		},
	}
	c.Flags().StringVar(&user, "user", "", a.T("flag_user"))
	c.Flags().StringVar(&file, "password-file", "-", a.T("flag_password_file"))
	return c
}

// Password reads the first line of a file or of standard input: a password on the
// command line would stand in the list of processes.
func (a *App) Password(file string) (string, error) {
	in := a.In
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", Usage(err.Error())
		}
		defer f.Close()
		in = f
	} else if a.Terminal {
		fmt.Fprint(a.Err, a.T("ask_password"))
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", Usage(a.T("no_password"))
	}
	_ = err // the end of the input also ends the line
	return line, nil
}

// logoutCommand ends the session and forgets the token.
func (a *App) logoutCommand() *cobra.Command {
	return &cobra.Command{
		Use: "logout", GroupID: groupMore, Short: a.T("logout_short"), Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.Tokens.Write(a.server(), "") },
	}
}
