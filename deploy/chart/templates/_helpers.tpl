{{/* What every process of Quoth has, and the names of the secrets that it needs beside; whoever
includes it goes on with the volume "data". */}}
{{- define "quoth.pod" -}}
automountServiceAccountToken: false
# Else each pod gets QUOTH_PAGE_PORT and the like for the service quoth-page, which no setting is
# called.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
# Answers that are under way are finished.
terminationGracePeriodSeconds: 60
volumes:
  - name: storage
    persistentVolumeClaim: {claimName: quoth-storage}
  - name: secrets
    secret:
      secretName: {{ .values.secret | quote }}
      defaultMode: 0440
      items:
        {{- range concat (list "database") .secrets }}
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
  - {name: data, mountPath: /data}
  - {name: storage, mountPath: /storage}
  - {name: secrets, mountPath: /run/secrets/quoth, readOnly: true}
  - {name: tmp, mountPath: /tmp}
  - {name: cache, mountPath: /home/quoth/.cache}
resources:
  limits: {memory: {{ .memory | quote }}}
{{- end }}

{{- define "quoth.env" -}}
- {name: QUOTH_DATA, value: /data}
- {name: QUOTH_DATABASE_FILE, value: /run/secrets/quoth/database}
- {name: QUOTH_STORAGE, value: /storage}
{{- end }}

{{/* The addresses of the answering nodes. */}}
{{- define "quoth.nodes" -}}
{{- range $number := until (int .node.replicas) -}}
{{- if $number }},{{ end -}}
http://quoth-node-{{ $number }}.quoth-node:7868
{{- end -}}
{{- end }}
