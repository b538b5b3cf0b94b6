// Package contract buys (계약): a yearly budget (예산) of an institution, an order (주문)
// for one component on one plan, approved by a second person (결재), with a budget hold
// (예산 확보) and the prices of the day it begins on.
//
// Before it: match says which plans fit and why. After it: provision creates only what
// an order covers, and account spends from its hold. Invariants: held and spent money
// never exceed the budget; nobody approves their own order; the prices of an order
// never change; the law and the certificate are checked when it is asked for and again
// when it is approved; an institution sees its own orders, a provider those for its
// services.
package contract
