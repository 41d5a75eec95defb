package normalize

import "github.com/mokafka/mokafka/schemas"

// Records that occur in many places.

var person = recordOf[schemas.Person](map[string]row{
	"id":          long("id"),
	"name":        text("name"),
	"email":       text("email"),
	"phone":       text("phone"),
	"number":      text("employee_number"),
	"employeeId":  text("employee_id"),
	"employee_id": text("employee_id"),
})

var customField = recordOf[schemas.CustomField](map[string]row{
	"name":          text("name"),
	"section":       text("section"),
	"index":         integer("index"),
	"type":          text("type"),
	"customFieldId": long("custom_field_id"),
	"builtinInfoId": long("builtin_info_id"),
	"value":         customValue(),
	"now":           boolean("now"),
	"code":          text("code"),
	"codes":         texts("codes"),
})

var attachment = recordOf[schemas.Attachment](map[string]row{
	"name":            text("name"),
	"attachmentName":  text("name"),
	"size":            long("size"),
	"attachmentSize":  long("size"),
	"url":             text("url"),
	"downloadUrl":     text("url"),
	"type":            enum("type", attachmentTypes),
	"customFieldId":   long("custom_field_id"),
	"customId":        long("custom_field_id"),
	"customFieldName": text("custom_field_name"),
	"applyFormId":     long("apply_form_id"),
	"applicationId":   long("application_id"),
	"candidateId":     long("candidate_id"),
	"createTime":      instant("created_at"),
	"createdAt":       instant("created_at"),
})

// Moka documents parentAPICode where pushCandidate has parentDepartmentCode.
//
// Beside info it documents name as the parent's, yet its sample shows there the
// department's own, of one without a parent; and in every other answer of Moka's
// department.name is its own. So it is the parent's name only where info names
// the department and differs.
var department = finally(recordOf[schemas.Department](departmentKeys, map[string]row{
	"name":     text("parent_name"),
	"parentId": text("parent_id"),
	"info":     within(recordOf[schemas.Department](departmentKeys)),
}), func(d *schemas.Department) {
	switch {
	case d.ParentName == nil:
	case d.Name == nil:
		d.Name, d.ParentName = d.ParentName, nil
	case *d.Name == *d.ParentName:
		d.ParentName = nil
	}
})

var departmentKeys = map[string]row{
	"id":                   text("id"),
	"departmentId":         text("id"),
	"departmentCode":       text("code"),
	"departmentName":       text("name"),
	"departmentPath":       text("path"),
	"parentDepartmentCode": text("parent_code"),
	"parentAPICode":        text("parent_code"),
}

var headcountRef = recordOf[schemas.HeadcountRef](map[string]row{
	"id":              long("id"),
	"number":          text("number"),
	"name":            text("name"),
	"status":          text("status"),
	"jobId":           text("job_id"),
	"ownerEmployeeId": text("owner_employee_id"),
	"department":      objectOrText("department", department, "name"),
	"manager":         object("manager", person),
	"customFields":    list("custom_fields", customField),
})

var jobRank = recordOf[schemas.JobRank](map[string]row{
	"name":  text("name"),
	"type":  text("type"),
	"level": text("level"),
	"id":    long("id"),
	"hcId":  long("headcount_id"),
})
