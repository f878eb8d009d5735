{{- define "latchkey.name" -}}
{{- printf "%s" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "latchkey.labels" -}}
app.kubernetes.io/name: latchkey
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "latchkey.selector" -}}
app.kubernetes.io/name: latchkey
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "latchkey.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "latchkey.name" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "latchkey.host" -}}
{{- default (regexReplaceAll "^https?://([^/:]+).*$" .Values.publicUrl "${1}") .Values.ingress.host -}}
{{- end -}}

{{/* The port of health and metrics, if they have their own (LATCHKEY_MANAGEMENT_PORT). */}}
{{- define "latchkey.managementPort" -}}
{{- dig "MANAGEMENT_PORT" "" .Values.settings -}}
{{- end }}

{{/* The name of the port of health and metrics. */}}
{{- define "latchkey.monitoring" -}}
{{- if include "latchkey.managementPort" . }}management{{ else }}http{{ end -}}
{{- end }}
