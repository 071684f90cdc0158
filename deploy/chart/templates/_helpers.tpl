{{/* What every process of Quoth has, and the names of secrets that it alone has. */}}
{{- define "quoth.pod" -}}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
# Answers that are under way are finished.
terminationGracePeriodSeconds: 60
volumes:
  - name: library
    persistentVolumeClaim: {claimName: quoth-library}
  - name: secrets
    secret:
      secretName: {{ .values.secret | quote }}
      defaultMode: 0440
      items:
        {{- range concat (list "database" "node_token") .secrets }}
        - {key: {{ . }}, path: {{ . }}}
        {{- end }}
  - name: tmp
    emptyDir: {}
  - name: cache
    emptyDir: {}
{{- end }}

{{- define "quoth.container" -}}
image: {{ .image | quote }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - {name: library, mountPath: /data}
  - {name: secrets, mountPath: /run/secrets/quoth, readOnly: true}
  - {name: tmp, mountPath: /tmp}
  - {name: cache, mountPath: /home/quoth/.cache}
resources:
  limits: {memory: {{ .memory | quote }}}
{{- end }}

{{- define "quoth.env" -}}
- {name: QUOTH_DATA, value: /data}
- {name: QUOTH_DATABASE_FILE, value: /run/secrets/quoth/database}
- {name: QUOTH_SEARCH_DATABASE_FILE, value: /run/secrets/quoth/database}
- {name: QUOTH_NODE_TOKEN_FILE, value: /run/secrets/quoth/node_token}
{{- end }}

{{/* The addresses of the answering nodes. */}}
{{- define "quoth.nodes" -}}
{{- range $number := until (int .node.replicas) -}}
{{- if $number }},{{ end -}}
http://quoth-node-{{ $number }}.quoth-node:7868
{{- end -}}
{{- end }}
