// A receiver of `format = "batch"`: returns a result for each event.
package main

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"sync"
)

// In memory to be short. Keep the ids where the effect is, written in one transaction with it.
var taken sync.Map

func resultsOf(r *http.Request) (results []map[string]string, err error) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(r.Body); err != nil {
			return nil, err
		}
	}
	var batch struct{ Events []map[string]any }
	if err = json.NewDecoder(body).Decode(&batch); err != nil {
		return nil, err
	}
	for _, event := range batch.Events {
		id, _ := event["event_id"].(string)
		status := "success"
		if _, known := taken.LoadOrStore(id, event); known {
			status = "duplicate"
		}
		results = append(results, map[string]string{"event_id": id, "status": status})
	}
	return results, nil
}

func receive(w http.ResponseWriter, r *http.Request) {
	results, err := resultsOf(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"results": results})
}

func main() {
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), http.HandlerFunc(receive)))
}
