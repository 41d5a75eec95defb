package normalize

import (
	"reflect"

	"github.com/mokafka/mokafka/schemas"
)

// headcount reads a job requisition; the feed carries a few of its keys, the
// detail most, and the answer to a write all.
var headcount = recordOf[schemas.Headcount](map[string]row{
	"number":                text("number"),
	"jobName":               text("name"),
	"type":                  text("type"),
	"status":                text("status"),
	"approvalStatus":        enum("approval_status", headcountApprovalStatuses),
	"needNumber":            integer("needed"),
	"usedNumber":            integer("used"),
	"remainNumber":          integer("remaining"),
	"currentEnrolledNumber": integer("enrolled"),
	"departureNumber":       integer("departed"),
	"allCount":              integer("offers_sent"),
	"sendCount":             integer("offers_pending"),
	"rejectedCount":         integer("offers_rejected"),
	"pendingCheckin":        integer("pending_onboarding"),
	"departmentId":          long("department_id"),
	"departmentCode":        text("department_code"),
	"commitment":            text("commitment"),
	"hireMode":              enum("hire_mode", hireModes),
	"isGlobal":              boolean("is_global"),
	"ownerId":               long("owner_id"),
	"ownerEmail":            text("owner_email"),
	"ownerEmployeeId":       text("owner_employee_id"),
	"managerIds":            longs("manager_ids"),
	"managerEmails":         texts("manager_emails"),
	"managerEmployeeIds":    texts("manager_employee_ids"),
	"creatorId":             long("creator_id"),
	"creatorEmail":          text("creator_email"),
	"sharedUserEmails":      texts("shared_user_emails"),
	"sharedUserEmployeeIds": texts("shared_user_employee_ids"),
	"description":           text("description"),
	"education":             text("education"),
	"zhineng":               object("function", jobFunction),
	"addressInfo":           list("addresses", address),
	"jobPriority":           list("priorities", priority),
	"jobRanks":              list("ranks", jobRank),
	"minSalary":             decimal("min_salary"),
	"maxSalary":             decimal("max_salary"),
	"salaryUnit":            integer("salary_unit"),
	"payPeriod":             integer("pay_period"),
	"paymentMethod":         integer("payment_method"),
	"connectedJobIds":       texts("connected_job_ids"),
	"connectedJobs":         texts("connected_jobs"),
	"customData":            jsonByKey("custom_data"),
	"startDate":             day("start_date"),
	"completeDate":          day("complete_date"),
	"realCompleteDate":      day("real_complete_date"),
	"createdAt":             instant("created_at"),
	"createAt":              instant("created_at"),
	"updatedAt":             instant("updated_at"),
	"updateAt":              instant("updated_at"),
})

var jobFunction = recordOf[schemas.JobFunction](map[string]row{
	"id":   long("id"),
	"name": text("name"),
})

var address = recordOf[schemas.Address](map[string]row{
	"id":       long("id"),
	"country":  text("country"),
	"province": text("province"),
	"area":     text("area"),
	"address":  text("address"),
})

var priority = recordOf[schemas.Priority](map[string]row{
	"id":        long("id"),
	"name":      text("name"),
	"isBuiltin": boolean("built_in"),
})

// jsonByKey reads an object of the customer's own keys; what is empty is left out.
func jsonByKey(field string) row {
	set := func(r *reader, at place, again bool) {
		if again {
			at.clear()
		}
		r.first(func() {
			all := map[string]string{}
			r.token()
			for key, ok := r.member(); ok; key, ok = r.member() {
				if v := r.value(); v.empty() {
					delete(all, key)
				} else {
					all[key] = r.json(v)
				}
			}
			r.token()
			if len(all) > 0 {
				at.field().Set(reflect.ValueOf(all))
			}
		})
	}
	return row{field: field, kind: kind{name: "JSON by key", typ: reflect.TypeFor[map[string]string](), set: set}}
}
